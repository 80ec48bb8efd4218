import HTTPAPI

/// What makes the pages live; without it everything works, by loading a page anew.
enum Script {
    static let text = #"""
        "use strict";
        (() => {
        const byID = (id) => document.getElementById(id);
        const live = byID("live"), liveText = byID("live-text"), lost = byID("lost"), lostText = byID("lost-text");
        const main = byID("main"), announce = byID("announce");

        // Says that something is on its way, and sends no form twice.
        document.addEventListener("submit", (event) => {
          const form = event.target;
          if (form.method === "get") { document.body.classList.add("busy"); return; }
          if (form.dataset.sent) { event.preventDefault(); return; }
          form.dataset.sent = "yes";
          document.body.classList.add("busy");
          form.querySelectorAll("button").forEach((button) => button.setAttribute("aria-disabled", "true"));
        });
        window.addEventListener("pageshow", () => {
          document.body.classList.remove("busy");
          document.querySelectorAll("form[data-sent]").forEach((form) => {
            delete form.dataset.sent;
            form.querySelectorAll("button").forEach((button) => button.removeAttribute("aria-disabled"));
          });
        });

        const menu = byID("menu");
        document.addEventListener("keydown", (event) => {
          if (event.key === "Escape" && menu && menu.open) { menu.open = false; menu.querySelector("summary").focus(); }
        });
        document.addEventListener("click", (event) => {
          if (menu && menu.open && !menu.contains(event.target)) menu.open = false;
        });

        if (!main || !main.querySelector("[data-live]")) return;

        // What is kept while a region changes: where the focus is, and what is unfolded.
        const isHeld = (region) => {
          const active = document.activeElement;
          if (active && region.contains(active) && active.matches("input, select, textarea")) return true;
          return [...region.querySelectorAll("details[open] form")].some((form) =>
            [...form.elements].some((field) => field.type !== "hidden" && field.tagName === "INPUT" && field.value !== field.defaultValue));
        };
        const replace = (region, fresh) => {
          if (region.innerHTML === fresh.innerHTML && region.className === fresh.className) return false;
          if (isHeld(region)) return false;
          const active = document.activeElement;
          const focused = active && region.contains(active) ? active : null;
          const mark = focused && focused.id ? { id: focused.id }
            : focused && focused.tagName === "SUMMARY" && focused.parentNode.id ? { summary: focused.parentNode.id }
            : focused && focused.getAttribute("href") ? { href: focused.getAttribute("href") } : null;
          const open = [...region.querySelectorAll("details[open][id]")].map((one) => one.id);
          const known = new Set([...region.querySelectorAll("tr, li, article")].map((one) => one.textContent));
          region.className = fresh.className;
          region.replaceChildren(...fresh.childNodes);
          open.forEach((id) => { const one = byID(id); if (one) one.open = true; });
          region.querySelectorAll("tbody tr").forEach((row) => { if (!known.has(row.textContent)) row.classList.add("fresh"); });
          if (mark) {
            const target = mark.id ? byID(mark.id)
              : mark.summary ? byID(mark.summary) && byID(mark.summary).querySelector("summary")
              : [...region.querySelectorAll("a")].find((a) => a.getAttribute("href") === mark.href);
            (target || main).focus({ preventScroll: true });
          }
          return true;
        };
        const sentence = () => {
          const place = main.querySelector("[data-sentence]");
          if (!place) return "";
          const words = place.cloneNode(true);
          words.querySelectorAll("[aria-hidden=true]").forEach((sign) => sign.remove());
          return words.textContent.trim().replace(/\s+/g, " ");
        };

        // What each state of the connection is called.
        let stream = null, timer = 0, isFetching = false, isWanted = false, lastFetch = 0, failures = 0, isOver = false;
        const say = (state, text) => { live.hidden = false; if (live.dataset.state !== state) { live.dataset.state = state; } if (liveText.textContent !== text) liveText.textContent = text; };
        const isStreaming = () => stream && stream.readyState === 1;
        const tell = () => isStreaming() ? say("live", "Live") : say("poll", "Every 2 seconds");

        const refresh = async () => {
          if (isOver || document.hidden) return;
          if (isFetching) { isWanted = true; return; }
          isFetching = true; lastFetch = Date.now();
          const address = new URL(location.href);
          address.hash = ""; ["done", "count"].forEach((name) => address.searchParams.delete(name));
          address.searchParams.set("fragment", "1");
          try {
            const answer = await fetch(address, { credentials: "same-origin", redirect: "manual", cache: "no-store" });
            if (answer.status === 401 || answer.type === "opaqueredirect") {
              isOver = true; if (stream) stream.close();
              lost.hidden = false; lostText.textContent = "You are signed out. Load the page anew to sign in.";
              say("lost", "Signed out"); return;
            }
            if (!answer.ok) throw new Error(String(answer.status));
            const before = sentence();
            const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
            main.querySelectorAll("[data-live]").forEach((region) => {
              const next = fresh.getElementById(region.id);
              if (next) replace(region, next);
            });
            const after = sentence();
            if (after && after !== before) announce.textContent = after;
            failures = 0; lost.hidden = true; tell();
          } catch {
            failures += 1;
            if (failures >= 2) {
              lost.hidden = false;
              lostText.textContent = "Usher does not answer. What you see is from before; it is tried again.";
              say("lost", "No connection");
            }
          } finally {
            isFetching = false;
            if (isWanted) { isWanted = false; soon(); }
          }
        };
        // At most once a second, however much happens.
        const soon = () => {
          if (timer) return;
          timer = setTimeout(() => { timer = 0; refresh(); }, Math.max(150, 1000 - (Date.now() - lastFetch)));
        };
        const kinds = ["event.stored", "delivery.succeeded", "delivery.failed", "delivery.dead", "call.changed",
          "failover.opened", "failover.ended", "health.changed", "health.figures", "incident.opened",
          "incident.changed", "incident.closed", "emergency.changed", "alert.changed", "silence.changed"];
        // A page that nobody looks at holds no connection: a browser has six for a site.
        const connect = () => {
          if (!("EventSource" in window) || isOver || stream || document.hidden) return;
          stream = new EventSource("/api/stream?brief=true");
          stream.onopen = tell;
          stream.onmessage = soon;
          kinds.forEach((kind) => stream.addEventListener(kind, soon));
          // A stream that was refused is not tried again by itself.
          stream.onerror = () => { if (stream && stream.readyState === 2) { stream = null; setTimeout(connect, 30000); } tell(); };
        };
        connect();
        tell();
        setInterval(() => { if (!isStreaming() || failures > 0 || Date.now() - lastFetch > 10000) soon(); }, 2000);
        const part = () => { if (stream) { stream.close(); stream = null; } };
        document.addEventListener("visibilitychange", () => { if (document.hidden) part(); else { connect(); soon(); } });
        window.addEventListener("pagehide", part);
        window.addEventListener("pageshow", connect);
        })();
        """#
}
