/// What subscribes a browser to alerts, and what shows them there.
enum BrowserScript {
    /// Where the worker is; it may serve all pages, as it lies beside them.
    static let workerPath = "/push-worker.js"

    /// On the page: asks the person, then the browser, and sends the form with what it gave.
    static let page = #"""
        "use strict";
        (() => {
        const form = document.getElementById("browser-form");
        if (!form) return;
        const note = document.getElementById("browser-note");
        form.hidden = false;
        const button = form.querySelector("button");
        if (!("serviceWorker" in navigator) || !("PushManager" in window)) {
          button.disabled = true;
          note.textContent = window.isSecureContext ? "This browser takes no push messages."
            : "Browsers take push messages only over https.";
          return;
        }
        const subscribe = async () => {
          if (await Notification.requestPermission() !== "granted") {
            throw new Error("This browser may not show notifications: allow them for this site.");
          }
          await navigator.serviceWorker.register("/push-worker.js");
          const worker = await navigator.serviceWorker.ready;
          const wanted = { userVisibleOnly: true, applicationServerKey: form.dataset.key };
          try {
            return await worker.pushManager.subscribe(wanted);
          } catch (error) {
            // A subscription made for another key stands in the way: it cannot be used, so it goes.
            const old = await worker.pushManager.getSubscription();
            if (!old) throw error;
            await old.unsubscribe();
            return worker.pushManager.subscribe(wanted);
          }
        };
        form.addEventListener("submit", async (event) => {
          event.preventDefault();
          event.stopPropagation();
          button.setAttribute("aria-disabled", "true");
          note.textContent = "Asking the browser …";
          try {
            const given = (await subscribe()).toJSON();
            form.elements.endpoint.value = given.endpoint;
            form.elements.p256dh.value = given.keys.p256dh;
            form.elements.auth.value = given.keys.auth;
            form.submit();
          } catch (error) {
            button.removeAttribute("aria-disabled");
            note.textContent = error.message || "The browser did not subscribe.";
          }
        });
        })();
        """#

    /// In the background: shows what came, and leads to the incident.
    static let worker = #"""
        "use strict";
        self.addEventListener("push", (event) => {
          let news = {};
          try { news = event.data.json(); } catch { /* A browser must show something for each message. */ }
          event.waitUntil(self.registration.showNotification(news.title || "Usher", {
            body: news.body || "Something needs you: open Usher.",
            tag: news.tag || "usher",
            renotify: true,
            data: { url: news.url || "/" },
          }));
        });
        self.addEventListener("notificationclick", (event) => {
          event.notification.close();
          // The same place on the site that is signed in to, whatever name Usher knows itself by.
          const place = new URL(event.notification.data.url, self.location.origin);
          const target = place.pathname + place.search;
          event.waitUntil((async () => {
            for (const page of await self.clients.matchAll({ type: "window" })) {
              const moved = await page.navigate(target).catch(() => null);
              if (moved) return moved.focus();
            }
            return self.clients.openWindow(target);
          })());
        });
        """#
}
