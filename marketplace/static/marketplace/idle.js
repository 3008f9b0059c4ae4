// Before a log-in ends by itself the page says so and offers to go on; afterwards it leads to the log-in.
// The server knows the time: it is asked before anything is said, for another tab may have gone on meanwhile.
"use strict";

(function () {
  var box = document.getElementById("idle");
  if (!box || !box.showModal) return;
  var goOn = box.querySelector("form[data-again]");
  var QUIET = { "X-Quiet": "yes" }; // what nobody at the keyboard asked for is no use of the log-in
  var WATCH = 15; // seconds between looks while the warning stands, or after one that failed
  var timer, due, lookAt;
  var phase = ""; // "", "warn", "last" (cannot be prolonged) or "over"
  var knows = false; // the reader has read that the end cannot be moved

  function lookIn(seconds) {
    window.clearTimeout(timer);
    lookAt = Date.now() + seconds * 1000;
    timer = window.setTimeout(look, seconds * 1000);
  }

  function untilDue() {
    return Math.max(1, (due - Date.now()) / 1000 + 1);
  }

  function clockTime() {
    var parts = { hour: "2-digit", minute: "2-digit", hour12: false };
    return new Date(due).toLocaleTimeString(document.documentElement.lang, parts);
  }

  function failed(isSo) {
    box.querySelector("[data-when='failed']").hidden = !isSo;
  }

  function show(next) {
    if (phase === next && box.open) return;
    phase = box.dataset.phase = next;
    box.querySelectorAll("[data-when]").forEach(function (part) {
      part.hidden = part.dataset.when.split(" ").indexOf(next) < 0;
    });
    box.querySelectorAll("time").forEach(function (place) {
      place.textContent = clockTime();
    });
    box.querySelector("[data-again-in]").href =
      box.dataset.login + "?next=" + encodeURIComponent(location.pathname + location.search);
    if (box.open) box.close(); // opened anew, so that what changed is read out
    box.showModal();
    var first = box.querySelector(".mk-actions > :not([hidden])");
    (first.querySelector("button") || first).focus();
  }

  function hide() {
    phase = "";
    if (box.open) box.close();
  }

  // How the log-in stands decides what is seen now and when to look again.
  function take(state) {
    due = Date.now() + state.left_seconds * 1000;
    if (state.left_seconds <= 0) {
      window.clearTimeout(timer);
      lookAt = Infinity;
      show("over");
    } else if (state.left_seconds > state.warn_seconds) {
      hide();
      knows = false;
      lookIn(state.left_seconds - state.warn_seconds);
    } else {
      if (state.can_prolong) show("warn");
      else if (!knows) show("last");
      lookIn(Math.min(WATCH, untilDue()));
    }
  }

  function ask(options) {
    return window.fetch(goOn.action, options).then(function (answer) {
      if (!answer.ok) throw new Error(String(answer.status));
      return answer.json().then(take);
    });
  }

  function look() {
    ask({ headers: QUIET, cache: "no-store" }).catch(function () {
      lookIn(WATCH);
    });
  }

  function prolong() {
    failed(false);
    ask({ method: "POST", body: new FormData(goOn) }).catch(function () {
      failed(true);
      lookIn(WATCH);
    });
  }

  goOn.addEventListener("submit", function (event) {
    event.preventDefault();
    prolong();
  });
  box.querySelectorAll("[data-stay]").forEach(function (button) {
    button.addEventListener("click", function () {
      knows = true;
      hide();
    });
  });
  // Escape: whoever presses it is there.
  box.addEventListener("cancel", function (event) {
    if (phase === "warn") {
      event.preventDefault();
      prolong();
    } else {
      knows = true;
      phase = "";
    }
  });
  // A machine that slept, a tab that was away: the timer may be late.
  function back() {
    if (document.visibilityState === "visible" && (phase === "warn" || Date.now() >= lookAt)) look();
  }
  document.addEventListener("visibilitychange", back);
  window.addEventListener("focus", back);
  window.addEventListener("pageshow", function (event) {
    if (event.persisted) look();
  });

  take({
    left_seconds: Number(box.dataset.left),
    warn_seconds: Number(box.dataset.warn),
    can_prolong: Boolean(box.dataset.prolong),
  });
})();
