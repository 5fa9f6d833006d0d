// Questions of the text: buttons for what a reader expects, and a field for the number of an exercise.
(() => {
	"use strict";
	const { h, button } = window.MILab;

	for (const el of document.querySelectorAll(".mi-ask")) {
		const { kind, choices, right, value, within, slips } = JSON.parse(el.querySelector("script").textContent);
		const question = el.querySelector(".mi-question"), details = el.querySelector("details"), said = details.querySelector("p").textContent;
		const told = h("p", { role: "status", class: "mi-told" });
		el.querySelector(".mi-offered").hidden = true; // but on paper
		if (kind === "predict") {
			const buttons = choices.map((text, i) => button(text, () => answer(i), { "aria-pressed": "false" }));
			const answer = (chosen) => {
				buttons.forEach((one, i) => one.setAttribute("aria-pressed", String(i === chosen)));
				told.textContent = `${chosen === right ? "As measured." : `Measured was: ${choices[right]}.`} ${said}`;
			};
			question.after(h("div", { class: "mi-choices", role: "group", "aria-label": question.textContent }, ...buttons), told);
			details.remove();
		} else {
			const field = h("input", { type: "text", inputmode: "decimal", autocomplete: "off", "aria-label": question.textContent });
			const check = () => {
				const given = parseFloat(field.value.replace(/\s/g, "").replace("−", "-").replace(/,/g, value < 1000 ? "." : "")), near = (v) => Math.abs(given - v) <= within;
				const slip = slips.find(([, wrong]) => near(wrong));
				told.textContent = Number.isNaN(given) ? "Type a number." : near(value) ? `Right. ${said}` : slip ? `Not quite: ${slip[0]}` : "Not yet. Try again, or look at the answer.";
			};
			const form = h("form", { class: "mi-choices", onsubmit: (event) => (event.preventDefault(), check()) }, field, h("button", { type: "submit" }, "Check"));
			question.after(form, told);
		}
	}
})();
