// The estimators with the optimal critic: redraw batches and watch how they scatter.
"use strict";
window.MILab.widgets.sampler = ({ model, el }) => {
	const { chart, format, panel, gaussian } = window.MILab;
	const { rhoOf, uniforms, normals, sample, permutation, logRatio, bounds, mean } = gaussian;
	const DIM = 20, BATCHES = 60;
	const NAMES = { dv: "DV", js_nwj: "NWJ", plug_in: "plug-in", infonce: "InfoNCE" };

	let key = "", values = null, next = null, soon = 0;

	const whole = panel(el, model, {
		title: "Estimates with the perfect critic",
		controls: [
			...model.get("controls"),
			{ label: "Draw again", press: (s) => ({ seed: (s.seed + 1) % 10000 }) },
		],
		update: (state) => {
			const { mi, n, negatives, seed } = state;
			const values = drawn([mi, n, negatives, seed]);
			if (values.dv.length < BATCHES) {
				return { drawing: [strips(values, mi, n)], summary: `Drawing ${BATCHES} batches of ${n} pairs at ${format(mi)} nats …`, table: null };
			}
			const stats = Object.fromEntries(Object.entries(values).map(([name, v]) => [name, spread(v)]));
			const rows = Object.entries(stats).map(([name, all]) => [NAMES[name], ...all.map((v) => format(v))]);
			const told = rows.map(([name, middle, sd]) => `${name} ${middle} ± ${sd}`);
			return {
				drawing: [strips(values, mi, n)],
				summary: `${BATCHES} batches of ${n} pairs at ${format(mi)} nats, log N = ${format(Math.log(n))}. Mean ± standard deviation: ${told.join(", ")}.`,
				table: { head: ["estimator", "mean [nats]", "standard deviation", "smallest", "largest"], rows, note: `${BATCHES} batches, seed ${seed}` },
			};
		},
	});

	// The values of the batches that could be drawn in time; the others follow, and the page stays awake.
	function drawn(setting) {
		if (key !== setting.join()) [key, values, next] = [setting.join(), { dv: [], js_nwj: [], plug_in: [], infonce: [] }, batches(...setting)];
		const until = performance.now() + 20;
		clearTimeout(soon);
		while (values.dv.length < BATCHES && performance.now() < until) {
			for (const [name, value] of Object.entries(next())) values[name].push(value);
		}
		if (values.dv.length < BATCHES) soon = setTimeout(() => whole.draw());
		return values;
	}

	// Each estimator's value on one batch after the other, from the true log ratio. InfoNCE compares with all pairs,
	// whatever the scheme.
	function batches(mi, n, negatives, seed) {
		const rho = rhoOf(mi, DIM), uniform = uniforms(seed), normal = normals(uniform);
		return () => {
			const { x, y } = sample(n, DIM, rho, normal);
			const positive = x.map((row, i) => logRatio(row, y[i], rho));
			const rows = x.map((row, i) => y.filter((_, j) => j !== i).map((other) => logRatio(row, other, rho)));
			const index = permutation(n, uniform, negatives === "shuffle");
			const chosen = negatives === "all_pairs" ? rows.flat() : index.map((j, i) => logRatio(x[i], y[j], rho));
			const found = Object.fromEntries(["dv", "js_nwj", "plug_in"].map((name) => [name, bounds[name](positive, chosen)]));
			return { ...found, infonce: bounds.infonce(positive, rows) };
		};
	}

	function spread(values) {
		const middle = mean(values), sd = Math.sqrt(mean(values.map((v) => (v - middle) ** 2)) * (values.length / (values.length - 1)));
		return [middle, sd, Math.min(...values), Math.max(...values)];
	}

	// One row of dots per estimator, on an axis that is linear near 0 and logarithmic far from it.
	function strips(values, mi, n) {
		const names = Object.keys(NAMES), all = names.flatMap((name) => values[name]).filter(Number.isFinite);
		const most = Math.max(40, ...all), least = Math.min(-1, ...all);
		const scale = (v) => Math.asinh(v / 4), apart = (scale(most) - scale(least)) / 12;
		const ticks = [0, 30, 10, -10, 100, -100, -1e4, -1e6, -1e9, -1e12].filter((t) => t >= least && t <= most)
			.reduce((kept, t) => (kept.every((other) => Math.abs(scale(t) - scale(other)) > apart) ? [...kept, t] : kept), []);
		const x = { range: [least, most], ticks, label: "estimate [nats], stretched near 0", scale };
		const y = { range: [names.length - 0.4, -0.6], ticks: names.map((_, i) => i), shown: (i) => NAMES[names[i]] };
		const alt = `Estimates of ${BATCHES} batches by four estimators, with the truth at ${format(mi)} nats`;
		const picture = chart({ x, y, alt, width: Math.max(330, Math.min(720, el.clientWidth)), height: 300 });
		picture.across(mi, { class: "truth" });
		picture.across(Math.log(n), { class: "log-n" });
		const below = mi < Math.log(n) ? ["end", "start"] : ["start", "end"];
		picture.text(mi, -0.4, " truth ", { "text-anchor": below[0] });
		picture.text(Math.log(n), -0.4, " log N ", { "text-anchor": below[1] });
		names.forEach((name, row) => {
			values[name].forEach((v, i) => picture.dot(v, row + ((i * 0.618) % 1) * 0.5 - 0.25, { class: "draw", r: 3 }));
			picture.dot(mean(values[name]), row, { class: "chosen", r: 6 });
		});
		return picture.svg;
	}
};
