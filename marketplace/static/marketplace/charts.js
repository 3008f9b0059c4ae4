// Charts: options come as JSON beside the figure, the numbers also stand in a table below it.
"use strict";

(function () {
  var loading = null;

  function library() {
    if (window.echarts) return Promise.resolve(window.echarts);
    if (!loading) {
      loading = new Promise(function (resolve, reject) {
        var script = document.createElement("script");
        script.src = document.body.dataset.echarts;
        script.onload = function () {
          resolve(window.echarts);
        };
        script.onerror = reject;
        document.head.appendChild(script);
      });
    }
    return loading;
  }

  function token(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }

  // A series says how it is meant (`tone`) or that it only lifts others (`hidden`); the palette says the colour.
  function toned(series) {
    return (series || []).map(function (one) {
      if (one.hidden) {
        return Object.assign({}, one, {
          itemStyle: { color: "transparent", decal: { symbol: "none" } },
          tooltip: { show: false },
        });
      }
      return one.tone
        ? Object.assign({}, one, { itemStyle: { color: token("--mk-" + one.tone) } })
        : one;
    });
  }

  function dress(option) {
    var ink = token("--mk-ink");
    var soft = token("--mk-ink-soft");
    var line = token("--mk-line");
    var axis = {
      axisLabel: { color: soft },
      axisLine: { lineStyle: { color: line } },
      nameTextStyle: { color: soft },
      splitLine: { lineStyle: { color: line } },
    };
    function dressed(axes) {
      return [].concat(axes || []).map(function (one) {
        return Object.assign({}, axis, one, {
          axisLabel: Object.assign({}, axis.axisLabel, one.axisLabel),
        });
      });
    }
    return Object.assign(
      {
        aria: { enabled: true, decal: { show: (option.series || []).length > 1 } },
        animation: !window.matchMedia("(prefers-reduced-motion: reduce)").matches,
        backgroundColor: "transparent",
        color: ["--mk-brand", "--mk-focus", "--mk-info", "--mk-good", "--mk-warn", "--mk-bad"].map(token),
        grid: { containLabel: true, left: 8, right: 16, top: 48, bottom: 8 },
        textStyle: { color: ink, fontFamily: getComputedStyle(document.body).fontFamily },
      },
      option,
      {
        legend: Object.assign({ left: 0, top: 0, textStyle: { color: ink } }, option.legend),
        tooltip: Object.assign(
          {
            backgroundColor: token("--mk-surface"),
            borderColor: line,
            confine: true,
            textStyle: { color: ink },
            trigger: "axis",
          },
          option.tooltip,
          { renderMode: "richText" }
        ),
        xAxis: option.xAxis ? dressed(option.xAxis) : undefined,
        yAxis: option.yAxis ? dressed(option.yAxis) : undefined,
        series: toned(option.series),
      }
    );
  }

  // The place of the picture is kept and the table folded at once, so that nothing moves when the picture comes.
  function prepare(figure) {
    if (figure.hasAttribute("data-drawn")) return;
    figure.setAttribute("data-drawn", "");
    fold(figure, false);
  }

  function fold(figure, open) {
    var table = figure.querySelector("details.mk-chart-table");
    if (table) table.open = open;
  }

  function draw(figure) {
    var data = figure.querySelector("script[type='application/json']");
    var canvas = figure.querySelector(".mk-chart-canvas");
    if (!data || !canvas) return;
    library().then(
      function (echarts) {
        var chart = echarts.getInstanceByDom(canvas) || echarts.init(canvas, null, { locale: "ZH" });
        chart.setOption(dress(JSON.parse(data.textContent)), true);
      },
      function () {
        figure.removeAttribute("data-drawn");
        fold(figure, true);
      }
    );
  }

  // The library is fetched when the first chart comes into view, so that a page whose charts are folded stays light.
  var inView = new IntersectionObserver(
    function (entries) {
      entries.forEach(function (entry) {
        if (!entry.isIntersecting) return;
        inView.unobserve(entry.target);
        draw(entry.target);
      });
    },
    { rootMargin: "200px" }
  );

  function drawAll() {
    document.querySelectorAll("[data-chart]").forEach(function (figure) {
      prepare(figure);
      inView.observe(figure);
    });
  }

  function resizeAll() {
    if (!window.echarts) return;
    document.querySelectorAll("[data-chart] .mk-chart-canvas").forEach(function (canvas) {
      var chart = window.echarts.getInstanceByDom(canvas);
      if (chart) chart.resize();
    });
  }

  drawAll();
  document.addEventListener("htmx:after:swap", drawAll);
  window.addEventListener("resize", resizeAll);
  document.addEventListener("toggle", resizeAll, true);
  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("[data-chart]").forEach(draw);
    resizeAll();
  });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", function () {
    window.setTimeout(drawAll, 50);
  });
})();
