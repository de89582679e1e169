// Draws what a judge will see anew while the lead writes. Without script a button does the same.
const form = document.querySelector("form[data-preview]");

if (form instanceof HTMLFormElement) {
  for (const button of form.querySelectorAll("[data-without-script]")) button.remove();
  let timer = 0;
  let asked = 0;

  const redraw = async () => {
    const mine = ++asked;
    const fields = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (typeof value === "string") fields.set(name, value);
    const answer = await fetch(`${form.dataset.preview}?${fields}`, { headers: { Accept: "text/html" } });
    if (!answer.ok || mine !== asked) return;
    const drawn = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("preview");
    if (drawn) document.getElementById("preview")?.replaceWith(drawn);
  };

  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => void redraw().catch(() => {}), 150); // a preview that did not come is no fault
  });
}

export {};
