// Uploads show how far they are; without scripts the browser sends the same form by itself.
"use strict";

(function () {
  var words = document.body.dataset; // the page says them in its own language
  var pressed = null; // the button pressed last; older browsers do not tell it with the event

  document.addEventListener("click", function (event) {
    pressed = event.target.closest("button[type=submit]");
  });

  function show(form, done, total) {
    var box = form.querySelector("[data-upload-progress]");
    if (!box) return;
    box.hidden = false;
    var bar = box.querySelector("progress");
    var text = box.querySelector("[data-upload-text]");
    if (total && done >= total) {
      bar.removeAttribute("value");
      text.textContent = words.checking;
    } else if (total) {
      bar.max = total;
      bar.value = done;
      text.textContent = words.sentShare + " " + Math.floor((done / total) * 100) + "%";
    }
  }

  function finish(request) {
    // The answer is either the address to go to or the page itself, with what has to be mended.
    var address = request.getResponseHeader("HX-Redirect");
    if (address) {
      window.location.assign(address);
      return;
    }
    var page = new DOMParser().parseFromString(request.responseText, "text/html");
    document.title = page.title;
    document.getElementById("main").replaceWith(page.getElementById("main"));
    var summary = document.querySelector(".mk-error-summary");
    if (summary) summary.focus();
    window.scrollTo(0, 0);
  }

  function contents(form, button) {
    // What the browser itself would send: the fields and the button that was pressed.
    var found = new FormData(form);
    if (button && button.name) found.append(button.name, button.value);
    return found;
  }

  function fail(form) {
    var text = form.querySelector("[data-upload-text]");
    if (text) text.textContent = words.broken;
    form.removeAttribute("aria-busy");
    delete form.dataset.sent;
  }

  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (!form.hasAttribute("data-upload") || event.defaultPrevented) return;
    event.preventDefault();
    var request = new XMLHttpRequest();
    request.open("POST", form.action || window.location.href);
    request.setRequestHeader("X-Upload", "progress");
    request.upload.addEventListener("progress", function (step) {
      if (step.lengthComputable) show(form, step.loaded, step.total);
    });
    request.addEventListener("load", function () {
      finish(request);
    });
    request.addEventListener("error", function () {
      fail(form);
    });
    var button = event.submitter || (pressed && pressed.form === form ? pressed : null);
    request.send(contents(form, button));
  });
})();
