"""No text of the pages is hard-coded: each goes through a translation and has its English beside it."""

from __future__ import annotations

import gettext
import re
from io import BytesIO
from pathlib import Path

import pytest
from django.conf import settings

from marketplace.config.messages import chrome, templates
from marketplace.config.messages.catalogue import Entry, compiled, merged, read, write
from marketplace.config.messages.collect import place_of, room_paths, template_paths, wanted
from marketplace.config.messages.templates import CHINESE

FOLDER = settings.LOCALE_PATHS[0] / "en" / "LC_MESSAGES"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%")
TAG = re.compile(r"</?\w+")
QUOTED = re.compile(r"“[^”]*”|〔[^〕]*〕|国办发明电|示例号")
"""What English sentences may quote in Chinese: columns of files, and the words of a State Council notice."""

FILE_NAMES = {
    "borrowers/views/operator_catalogue_import.py": ['f"公共信用信息目录-{day}"'],
    "borrowers/views/operator_unit.py": ['f"来源单位报送质量-{month.start:%Y-%m}"'],
    "exports/views/download.py": [
        'f"信用画像-{application.enterprise.name}-{document.number}"',
        'f"平台统计-{scope.label}-{day}"',
    ],
    "matching/views/district_event_plan.py": ['f"{event.title}-排座与结果.xlsx"'],
    "matching/views/district_whitelist.py": ['f"{whitelist.title}-更正表.xlsx"'],
}
"""Names of files that are handed out, Chinese as the files are."""

REFUSED = {"matching/views/move.py": ['f"当前状态为“{state_label(state)}”，不能转至其他机构。"']}
"""Sentences of refusals put together in a view."""


@pytest.fixture(scope="module")
def catalogue() -> dict[str, str]:
    return read(FOLDER / "django.po")


@pytest.fixture(scope="module")
def texts() -> dict[str, list[str]]:
    return wanted()


class TestTemplates:
    def test_say_no_text_outside_a_translation(self):
        bare = {
            place_of(path): found
            for path in template_paths()
            if (found := templates.texts_of(path.read_text(encoding="utf-8")).bare)
        }

        assert not bare

    def test_bare_text_is_found_wherever_it_stands(self):
        source = """
            {# 注释 #}{% comment %}注释{% endcomment %}<!-- 注释 -->
            <b title="提示">正文</b>{{ value|default:"无" }}{% include "x.html" with title="标题" %}
            {% blocktranslate %}已译 {{ n }}{% endblocktranslate %}{% translate "已译" %}{{ _("已译") }}
        """

        bare = templates.texts_of(source).bare

        assert bare == ["正文", '<b title="提示">', "无", "标题"]

    def test_sentence_is_named_as_the_template_engine_looks_it_up(self):
        source = """{% blocktranslate trimmed with n=rows|length %}
            共 {{ n }} 条，
            占 5%
        {% endblocktranslate %}{% translate "占 5%" %}"""

        assert templates.texts_of(source).said == ["共 %(n)s 条， 占 5%%", "占 5%%"]


class TestModules:
    def test_put_no_value_into_a_chinese_text_by_themselves(self):
        mixed = {
            place_of(path): found
            for path in room_paths()
            if (found := chrome.texts_of(path.read_text(encoding="utf-8"))[1])
        }

        assert mixed == FILE_NAMES | REFUSED

    def test_files_that_stay_chinese_exist(self):
        assert all((settings.BASE_DIR / place).exists() for place in chrome.CHINESE_ONLY)


class TestCatalogue:
    def test_holds_every_text_and_no_other(self, catalogue, texts):
        assert set(texts) - set(catalogue) == set(), "make messages"
        assert set(catalogue) - set(texts) == set(), "make messages"

    def test_every_text_has_its_english(self, catalogue):
        assert [text for text, said in catalogue.items() if not said.strip()] == []

    def test_values_and_marks_are_those_of_the_text(self, catalogue):
        wrong = [
            text
            for text, said in catalogue.items()
            if sorted(PLACEHOLDER.findall(text)) != sorted(PLACEHOLDER.findall(said))
            or sorted(TAG.findall(text)) != sorted(TAG.findall(said))
        ]

        assert wrong == []

    def test_english_says_chinese_only_in_quotes(self, catalogue):
        signs = {text for text in catalogue if not re.search(r"[\u3400-\u9fff]", text)}
        left = [
            said
            for text, said in catalogue.items()
            if text not in signs and CHINESE.search(QUOTED.sub("", said))
        ]

        assert left == []

    def test_file_is_as_the_command_writes_it(self, tmp_path, catalogue, texts):
        write(tmp_path / "django.po", merged(texts, catalogue))

        assert (tmp_path / "django.po").read_bytes() == (FOLDER / "django.po").read_bytes()

    def test_compiled_file_says_the_same(self, catalogue):
        content = (FOLDER / "django.mo").read_bytes()
        known = gettext.GNUTranslations(BytesIO(content))

        assert content == compiled(catalogue)
        assert {text: known.gettext(text) for text in catalogue} == catalogue


class TestMerging:
    def test_translation_survives_a_correction_of_punctuation(self):
        found = merged({"已提交，请等待。": ["a.html"]}, {"已提交,请等待。": "Submitted."})

        assert found == [Entry("已提交，请等待。", "Submitted.", ["a.html"])]

    def test_new_text_comes_in_empty_and_a_gone_one_goes_out(self):
        found = merged({"新增": ["a.html"]}, {"删去": "Deleted"})

        assert found == [Entry("新增", "", ["a.html"])]

    def test_reading_gives_back_what_was_written(self, tmp_path):
        path: Path = tmp_path / "a.po"
        write(path, [Entry('说 "是"\n', 'Say "yes"\\\n', ["a.html"])])

        assert read(path) == {'说 "是"\n': 'Say "yes"\\\n'}
