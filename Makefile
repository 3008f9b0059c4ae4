# 常用命令。只需要 bash、make 和 Python 3.11 以上;装有 uv 时自动使用。运行 make 或 make help 查看说明。
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PORT ?= 8000
PYTHON_BIN := .venv/bin/python
MANAGE := $(PYTHON_BIN) manage.py
APPS := marketplace borrowers lenders matching exports
DATA := $(or $(VAR_DIR),var)
LOCK := uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --no-annotate \
	--universal -p 3.11

say = @printf '\033[1m==> %s\033[0m\n' "$(1)"

.PHONY: help demo test bench torture screenshots lint types check format docs messages lock shape clean core dev extra

help: ## 显示本说明
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: export PUBLIC_BASE_URL ?= http://127.0.0.1:$(PORT)
demo: core ## 一条命令看演示:建环境、建库、造数据、启动(PORT=端口,默认 8000)
	$(call say,1/3 建立或升级数据库($(DATA)/))
	@$(MANAGE) migrate --verbosity 0
	$(call say,2/3 准备演示数据(已有则保留))
	@$(MANAGE) demo $(DEMO_ARGS)
	$(call say,3/3 启动服务:浏览器打开 http://127.0.0.1:$(PORT)/ (按 Ctrl+C 结束))
	@mkdir -p $(DATA)/static
	@DJANGO_RUNSERVER_HIDE_WARNING=true exec $(MANAGE) runserver --noreload 127.0.0.1:$(PORT)

test: dev ## 全部测试:SQLite 一轮,有 PostgreSQL 再跑一轮(ARGS=传给 pytest 的参数)
	@$(PYTHON_BIN) -m tests.run $(ARGS)

bench: dev ## 性能测量:与同一次运行中手写极限的比值(ARGS=测量名)
	@$(PYTHON_BIN) -m tests.performance $(ARGS)

torture: dev ## 性质测试各跑 10,000 例(匹配、改变集合、批量预匹配);每个入口的全部坏输入;更多报送的故事;1,000 轮 × 50 人同时抢单(需要 PostgreSQL)
	@$(PYTHON_BIN) -m pytest -q --hypothesis-profile=torture tests/unit/matching/test_fit.py \
		tests/unit/matching/test_fit_changes.py tests/unit/matching/test_prematch.py \
		tests/unit/matching/test_ranking.py
	@WHOLE_SWEEP=1 $(PYTHON_BIN) -m pytest -q tests/functional/test_bad_input.py \
		tests/integration/borrowers/test_ingest_again.py tests/integration/borrowers/test_archive_only.py
	@$(PYTHON_BIN) -m tests.performance.pool_race $(ARGS)

screenshots: dev ## 演示的每一页、每个角色、两种宽度各截一张图,存入 var/screenshots/(ARGS=角色 或 角色:页面,--dark 深色)
	@$(PYTHON_BIN) -m tests.browser.screenshots $(ARGS)

lint: export DATABASE_URL = sqlite://:memory:
lint: dev ## 风格、分层、模板、迁移、系统检查
	$(call say,1/6 ruff 检查)
	@.venv/bin/ruff check .
	$(call say,2/6 ruff 排版)
	@.venv/bin/ruff format --check .
	$(call say,3/6 分层(import-linter))
	@.venv/bin/lint-imports
	$(call say,4/6 模板(djlint))
	@.venv/bin/djlint --quiet --lint $(APPS)
	$(call say,5/6 迁移与模型一致)
	@$(MANAGE) makemigrations --check --dry-run
	$(call say,6/6 Django 系统检查)
	@$(MANAGE) check --fail-level WARNING

types: dev ## 类型检查(mypy --strict)
	$(call say,mypy 类型检查)
	@.venv/bin/mypy

check: lint types test ## lint、types、test 依次全部

format: dev ## 自动排版并修正可修正的问题
	@.venv/bin/ruff check --fix --quiet . || true
	@.venv/bin/ruff format .

docs: core ## 按代码重写 docs/ 里生成的部分(状态图、参数、环境变量、术语)
	@$(MANAGE) docs

messages: core ## 更新并编译英文译文目录(新出现的文字留空,待译)
	@$(MANAGE) messages

lock: ## 重新锁定依赖(需要 uv),UPGRADE=--upgrade 时升级
	$(call say,锁定 requirements.lock)
	@$(LOCK) $(UPGRADE) requirements/core.in -o requirements.lock >/dev/null
	$(call say,锁定 requirements-dev.lock)
	@$(LOCK) $(UPGRADE) requirements/core.in requirements/dev.in -c requirements.lock \
		-o requirements-dev.lock >/dev/null
	$(call say,锁定 requirements-extra.lock)
	@$(LOCK) $(UPGRADE) requirements/core.in requirements/dev.in requirements/extra.in \
		-c requirements-dev.lock -o requirements-extra.lock >/dev/null

shape: ## 函数与文件长度表
	@for python in $(PYTHON_BIN) python3; do \
		if command -v $$python >/dev/null; then exec $$python tests/architecture/shape.py; fi; done

clean: ## 删除环境与缓存(保留 var/ 里的数据)
	$(call say,删除 .venv 与各种缓存,保留 $(DATA)/)
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage htmlcov
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

core:
	@requirements/install.sh core

dev:
	@requirements/install.sh dev

extra: ## 另装分布式引擎等可选软件包(Spark 需要 Java 17)
	@requirements/install.sh extra
