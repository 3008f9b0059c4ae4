"""What stands around every page: links of the navigation, and pieces that stand on a page twice."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.template import RequestContext, Template
from django.test import RequestFactory

from marketplace.web.navigation import Place
from marketplace.web.templatetags.frame import place_links

FORM = "marketplace/shell/language_form.html"


def page(path):
    """What a reader's page at a path shows of a piece that stands on it twice."""
    request = RequestFactory().get(path)
    request.user = AnonymousUser()
    source = f'{{% piece "{FORM}" %}}'
    return Template(f"{source}|{source}").render(RequestContext(request, processors=[])).split("|")


class TestPlaceLinks:
    def test_mark_where_the_reader_is(self):
        shown = place_links([Place("甲", "/a/"), Place("乙", "/b/", is_current=True)])

        assert shown == '<a href="/a/">甲</a><a href="/b/" aria-current="page">乙</a>'

    def test_escape_labels(self):
        assert "<b>" not in place_links([Place("<b>", '/"/')])


class TestPiece:
    def test_stands_twice_with_the_same_words(self):
        first, second = page("/statistics/")

        assert first == second
        assert 'value="/statistics/"' in first

    def test_is_each_requests_own(self):
        assert 'value="/products/"' in page("/products/")[0]
        assert 'value="/verify/"' in page("/verify/")[0]
