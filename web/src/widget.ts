// For the pages of others: <script src="https://…/widget.js" async></script> puts
// the conversation there, in a frame that can reach nothing of the page around it.
const script = document.currentScript as HTMLScriptElement | null;
if (script) {
  const { lang, height } = script.dataset;
  const frame = document.createElement("iframe");
  frame.src = new URL(lang === "en" ? "/en/widget" : "/widget", script.src).href;
  frame.title = lang === "en" ? "Vraagbaak: ask a question about the SER" : "Vraagbaak: stel een vraag over de SER";
  frame.setAttribute("sandbox", "allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox");
  frame.setAttribute("allow", "clipboard-write");
  frame.referrerPolicy = "no-referrer";
  frame.loading = "lazy";
  frame.width = "100%";
  frame.height = /^\d{3,4}$/.test(height ?? "") ? height! : "640";
  frame.style.border = "0";
  script.after(frame);
}
