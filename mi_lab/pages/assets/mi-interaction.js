// What three discrete variables share: a table of joint weights that the reader edits. In nats.
"use strict";
window.MILab.widgets.interaction = ({ model, el }) => {
	const { h, format, panel } = window.MILab;
	const presets = model.get("presets"), places = model.get("places");
	const cells = places.map((at) => ({ key: `w${at.join("")}`, at }));
	const weights = (preset) => Object.fromEntries(cells.map(({ key }, i) => [key, presets[preset][2][i]]));
	const first = weights("xor");

	panel(el, model, {
		title: "Three variables",
		grid: [["weight of", "z = 0", "z = 1"], ...cells.filter(({ at }) => !at[2]).map(({ at: [x, y] }) => [`x = ${x}, y = ${y}`])],
		controls: [
			{
				key: "preset", label: "start from", value: "xor",
				options: [...Object.entries(presets).map(([name, [, label]]) => [name, label]), ["own", "my own table"]],
				put: (preset) => ({ preset, ...(presets[preset] && weights(preset)) }),
			},
			...cells.map(({ key, at: [x, y, z] }) => ({
				key, label: `x = ${x}, y = ${y}, z = ${z}`, number: true, min: 0, max: 99, step: 1, value: first[key],
				when: (state) => x < 2 || cells.some((cell) => cell.at[0] > 1 && state[cell.key]),
				put: (value) => ({ preset: "own", [key]: value }),
			})),
		],
		update: (state) => {
			if (presets[state.preset]) Object.assign(state, weights(state.preset));
			const total = cells.reduce((sum, { key }) => sum + state[key], 0);
			if (!total) return { summary: "All weights are 0; give at least one cell some." };
			const found = measures(cells.map(({ key, at }) => [at, state[key] / total]));
			const middle = found["I(X;Y;Z)"], kind = Math.abs(middle) < 5e-4 ? "nothing" : middle > 0 ? "redundancy" : "synergy";
			return {
				drawing: [venn(found)],
				summary: `${presets[state.preset]?.[0] ?? "Your own table"}: the three share ${format(middle)} nats, which is ${kind}. `
					+ `Y and Z share ${format(found["I(Y;Z)"])} nats; X says ${format(found["I(X;Y)"])} of Y and ${format(found["I(X;Z)"])} of Z.`,
				table: { head: ["measure", "nats", "bits"], rows: Object.entries(found).map(([name, v]) => [name, format(v), format(v / Math.LN2)]) },
			};
		},
	});

	function measures(probabilities) {
		const H = (...axes) => {
			const sums = {};
			for (const [at, p] of probabilities) sums[axes.map((a) => at[a])] = (sums[axes.map((a) => at[a])] ?? 0) + p;
			return Object.values(sums).reduce((sum, p) => (p > 0 ? sum - p * Math.log(p) : sum), 0);
		};
		const tidy = (value) => (Math.abs(value) < 1e-12 ? 0 : value);
		const I = (a, b, ...given) => tidy(H(a, ...given) + H(b, ...given) - H(a, b, ...given) - H(...given));
		const [X, Y, Z] = [0, 1, 2];
		return {
			"H(X)": H(X), "H(Y)": H(Y), "H(Z)": H(Z), "H(X,Y,Z)": H(X, Y, Z),
			"I(X;Y)": I(X, Y), "I(X;Z)": I(X, Z), "I(Y;Z)": I(Y, Z),
			"I(X;Y|Z)": I(X, Y, Z), "I(X;Z|Y)": I(X, Z, Y), "I(Y;Z|X)": I(Y, Z, X), "I(X;Y;Z)": tidy(I(X, Z) - I(X, Z, Y)),
			"H(X|Y,Z)": tidy(H(X, Y, Z) - H(Y, Z)), "H(Y|X,Z)": tidy(H(X, Y, Z) - H(X, Z)), "H(Z|X,Y)": tidy(H(X, Y, Z) - H(X, Y)),
		};
	}

	// Three circles, and in each part a disc of its size; a negative one is hollow.
	function venn(found) {
		const svg = h("svg", { viewBox: "0 0 420 370", class: "mi-chart mi-venn", role: "img" },
			h("title", {}, `Three overlapping circles X, Y and Z; the middle holds ${format(found["I(X;Y;Z)"])} nats`));
		const circles = { X: [155, 140, 60, 42], Y: [265, 140, 345, 42], Z: [210, 235, 310, 345] };
		for (const [name, [cx, cy, tx, ty]] of Object.entries(circles)) {
			svg.append(h("circle", { cx, cy, r: 105, class: "contour" }), h("text", { x: tx, y: ty }, `${name}: ${format(found[`H(${name})`])}`));
		}
		const places = {
			"H(X|Y,Z)": [105, 115], "H(Y|X,Z)": [315, 115], "H(Z|X,Y)": [210, 295],
			"I(X;Y|Z)": [210, 92], "I(X;Z|Y)": [143, 213], "I(Y;Z|X)": [277, 213], "I(X;Y;Z)": [210, 168],
		};
		for (const [name, [x, y]] of Object.entries(places)) {
			const value = found[name], r = 26 * Math.sqrt(Math.abs(value) / Math.LN2);
			if (r > 1) svg.append(h("circle", { cx: x, cy: y, r, class: value > 0 ? "draw" : "negative" }));
			svg.append(h("text", { x, y: y + 4, "text-anchor": "middle" }, format(value)));
		}
		return svg;
	}
};
