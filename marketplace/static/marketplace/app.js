// What makes pages more comfortable when scripts run; every task works without it.
"use strict";

(function () {
  var words = document.body.dataset; // the page says them in its own language

  // Menus close on a click elsewhere and on Escape, and give the focus back.
  document.addEventListener("click", function (event) {
    document.querySelectorAll("details.mk-menu[open]").forEach(function (menu) {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") return;
    var open = document.activeElement && document.activeElement.closest("details[open]");
    if (!open) return;
    open.open = false;
    var summary = open.querySelector("summary");
    if (summary) summary.focus();
  });

  // "取消" inside a confirmation closes it.
  document.addEventListener("click", function (event) {
    var cancel = event.target.closest("[data-close]");
    if (!cancel) return;
    var box = cancel.closest("details");
    if (box) {
      box.open = false;
      box.querySelector("summary").focus();
    }
  });

  // One button opens every fold of its section, and closes them again.
  document.querySelectorAll("[data-unfold]").forEach(function (button) {
    var folds = button.closest("section").querySelectorAll("details.mk-fold");
    button.hidden = folds.length < 2;
    button.addEventListener("click", function () {
      var wanted = button.getAttribute("aria-expanded") !== "true";
      folds.forEach(function (fold) {
        fold.open = wanted;
      });
      button.setAttribute("aria-expanded", String(wanted));
      button.textContent = wanted ? words.fold : words.unfoldWords;
    });
  });

  // A form is sent once: the second click of a hurried hand does nothing.
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.method !== "post" || form.hasAttribute("data-again")) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    form.setAttribute("aria-busy", "true");
    window.setTimeout(function () {
      delete form.dataset.sent;
      form.removeAttribute("aria-busy");
    }, 8000);
  });
  function ready() {
    document.querySelectorAll("form[data-sent]").forEach(function (form) {
      delete form.dataset.sent;
      form.removeAttribute("aria-busy");
    });
  }
  window.addEventListener("pageshow", ready);
  document.addEventListener("htmx:finally:request", ready);

  // A link of the error summary brings the field into view and the cursor into it.
  document.addEventListener("click", function (event) {
    var link = event.target.closest(".mk-error-summary a[href^='#']");
    if (!link) return;
    var field = document.getElementById(link.getAttribute("href").slice(1));
    if (!field) return;
    event.preventDefault();
    var control = field.matches("input, select, textarea") ? field : field.querySelector("input");
    (control || field).focus();
    (control || field).scrollIntoView({ block: "center" });
  });

  // Selects and radios marked so send their form at once; the button stays for everybody else.
  document.addEventListener("change", function (event) {
    var form = event.target.form;
    if (form && form.hasAttribute("data-at-once")) form.requestSubmit();
  });

  // A number that can be slid: the slider writes into the field, the field moves the slider; both tell the form.
  document.querySelectorAll("input[data-slider]").forEach(function (field) {
    var ends = field.dataset.slider.split(" ");
    var slider = document.createElement("input");
    slider.type = "range";
    slider.className = "form-range mk-slider";
    slider.min = ends[0];
    slider.max = ends[1];
    slider.step = ends[2];
    slider.value = field.value || ends[0];
    var label = document.querySelector("label[for='" + field.id + "']");
    slider.setAttribute("aria-label", (label ? label.textContent.trim() : "") + "，滑块");
    (field.closest(".input-group") || field).after(slider);
    slider.addEventListener("input", function () {
      field.value = slider.value;
    });
    field.addEventListener("input", function () {
      slider.value = field.value || ends[0];
    });
  });

  // Forms that lead back to this page know its address also after a filter has changed it.
  document.addEventListener("htmx:after:history:update", function () {
    document.querySelectorAll("input[name='next']").forEach(function (field) {
      field.value = location.pathname + location.search;
    });
  });

  // Who steps back while a page is still coming gets its neighbour's address over it: the page is asked for again.
  document.addEventListener("DOMContentLoaded", function () {
    var came = performance.getEntriesByType("navigation")[0];
    if (!came || came.type === "navigate") return;
    if (came.name.split("#")[0] !== location.href.split("#")[0]) location.reload();
  });

  // One button ticks every box of a form, or none when all are ticked.
  document.querySelectorAll("[data-pick-all]").forEach(function (button) {
    var boxes = document.querySelectorAll(".mk-pick[form='" + button.dataset.pickAll + "']");
    button.hidden = boxes.length < 2;
    button.addEventListener("click", function () {
      var wanted = Array.from(boxes).some(function (box) {
        return !box.checked;
      });
      boxes.forEach(function (box) {
        box.checked = wanted;
      });
    });
  });

  // Keys of a list, only while the focus is in it: j and k move, o opens, x ticks, t does what the row offers.
  function move(list, step) {
    var links = Array.from(list.querySelectorAll("tbody tr [data-lead] a, tbody tr td:first-child a"));
    var row = document.activeElement.closest("tr");
    var here = links.findIndex(function (link) {
      return row && row.contains(link);
    });
    var next = links[here < 0 ? (step > 0 ? 0 : links.length - 1) : here + step];
    if (next) next.focus();
  }
  document.addEventListener("keydown", function (event) {
    var list = event.target.closest && event.target.closest("[data-keys]");
    if (!list || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches("input, select, textarea")) return;
    var row = event.target.closest("tr");
    var link = row && row.querySelector("a");
    var deed = row && row.querySelector("[data-row-action]");
    var box = row && row.querySelector(".mk-pick");
    if (event.key === "j") move(list, 1);
    else if (event.key === "k") move(list, -1);
    else if (event.key === "o" && link) link.click();
    else if (event.key === "x" && box) box.checked = !box.checked;
    else if (event.key === "t" && deed) deed.requestSubmit();
    else return;
    event.preventDefault();
  });

  // The one sentence for a network that is gone; the server's refusals come as fragments by themselves.
  function say(sentence) {
    var place = document.getElementById("live");
    if (!place) return;
    var box = document.createElement("div");
    box.className = "mk-alert mk-alert-bad";
    box.textContent = sentence;
    place.replaceChildren(box);
  }
  document.addEventListener("htmx:error", function () {
    say(words.offline);
  });

  document.documentElement.dataset.script = "on";
})();
