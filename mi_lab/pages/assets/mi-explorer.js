// Stored runs by estimator, critic, negatives, true MI and N. Only what was run is drawn.
"use strict";
window.MILab.widgets.explorer = ({ model, el }) => {
	const MILab = window.MILab;
	const { chart, format, panel, gaussian } = MILab;
	const { miOf, rhoOf, mean } = gaussian;
	const DIM = 20, MOST = 30, CLOSEST = 0.9746; // that many nats
	const index = model.get("index"), lines = model.get("lines");
	const at = (point) => (point.at.includes(null) ? NaN : mean(point.at));
	const [estimators, , negatives] = model.get("controls").map(({ options }) => options), schemes = Object.fromEntries(negatives);

	let shown = null; // the run that is shown, or the setting where nothing was run

	const whole = panel(el, model, {
		title: "Stored runs of every estimator",
		controls: [
			...model.get("controls"),
			{
				key: "rho", label: "correlation ρ in 20 dimensions", min: 0.22, max: CLOSEST, step: 0.001,
				get: (s) => rhoOf(s.mi, DIM), put: moved,
			},
			...(model.get("live") ? [] : [{ label: "Train this setting", press: trained }]),
		],
		update: (state) => {
			const name = partOf(state)?.name;
			if (!name) return missing(state);
			const part = (model.get("parts") ?? MILab.parts)[name];
			if (!part) {
				MILab.load(`explorer/${name}.js`).then(() => whole.draw(), (error) => (el.querySelector(".mi-summary").textContent = error.message));
				return { summary: "Loading these runs …" };
			}
			const point = nearest(part, state);
			shown = point;
			return { drawing: [curves(part, point), finals(part, point)], ...told(part, point, state) };
		},
		python: (state) => {
			const part = (model.get("parts") ?? MILab.parts)[partOf(state)?.name];
			if (!part) return "# this was not run";
			const { source, mi, n } = nearest(part, state);
			return MILab.fill(model.get("code"), { experiment: part.experiments[source], mi, n, readout: part.readout });
		},
	});

	// On the page that trains, as far as it goes.
	function trained({ estimator, negatives }) {
		const { mi, n } = shown, setting = { estimator, negatives, mi: Math.round(2 * mi) / 2, n: Math.min(n, 512), rate: 1e-4 };
		location.href = `train.html#train?${new URLSearchParams(setting)}`;
		return {};
	}

	function partOf(state) {
		return index.find(({ estimator, readout, critic, negatives }) =>
			`${estimator}-${readout}` === state.estimator && critic === state.critic && negatives === state.negatives);
	}

	// The true MI of a correlation, in tenths; every press of a key moves it.
	function moved(rho, { mi }) {
		let next = Math.round(miOf(rho, DIM) * 10) / 10;
		if (next === mi) next += rho > rhoOf(mi, DIM) ? 0.1 : -0.1;
		return { mi: +Math.min(MOST, Math.max(0.5, next)).toFixed(1) };
	}

	// Not run at all: the same estimator with another critic or other negatives.
	function missing(state) {
		shown = state;
		const label = estimators.find(([value]) => value === state.estimator)[1];
		const others = index.filter((part) => `${part.estimator}-${part.readout}` === state.estimator);
		const near = others.filter((part) => part.critic === state.critic || part.negatives === state.negatives);
		return {
			source: null,
			summary: `${label} with a ${state.critic.replace("x", "×")} critic and ${schemes[state.negatives]} was not run.`,
			offers: (near.length ? near : others).map(({ critic, negatives }) =>
				[`Show it with ${critic.replace("x", "×")} and ${schemes[negatives]}`, { critic, negatives }]),
		};
	}

	function nearest(part, { mi, n }) {
		const far = (p) => Math.abs(Math.log2(p.n / n)) * 100 + Math.abs(p.mi - mi); // the batch size first
		return part.points.reduce((best, p) => (far(p) < far(best) ? p : best));
	}

	// Estimate against epoch: mean and band of the seeds, truth, ceiling, log N.
	function curves(part, point) {
		const { runs } = point, shown = part.epochs_of[point.epochs], count = Math.min(...runs.map((run) => run.length));
		const ys = runs.flat(), top = Math.max(Math.log(point.n), point.ceiling, ...ys) * 1.15;
		const x = { range: [0, point.epochs], label: "epoch" };
		const y = { range: [Math.max(-3, Math.min(0, ...ys)), Math.min(top, 2 * MOST)], label: "estimated MI [nats]" };
		const alt = `Estimate against epoch for ${part.label}, ${point.mi} nats, N = ${point.n}`;
		const picture = chart({ x, y, alt, width: 440, height: 310 });
		const colour = lines[point.n].color;
		const over = (join) => shown.slice(0, count).map((epoch, i) => [epoch, join(runs.map((run) => run[i]))]);
		const low = over((values) => Math.min(...values)), high = over((values) => Math.max(...values));
		picture.area([...low, ...high.reverse()], { fill: colour, "fill-opacity": 0.25 });
		picture.line(over(mean), { stroke: colour, "stroke-width": 2 });
		const alone = runs.find((run) => run.length > count) ?? []; // where the other seed has stopped
		picture.line(alone.map((v, i) => [shown[i], v]).slice(Math.max(0, count - 1)), { stroke: colour });
		picture.left(over(mean));
		picture.levels(point.mi, point.ceiling, point.n, part.negatives);
		return picture.svg;
	}

	// Estimate against true MI, a line per N, at an epoch that all reached.
	function finals(part, chosen) {
		const sizes = [...new Set(part.points.map((p) => p.n))];
		const values = part.points.map(at).filter(Number.isFinite);
		const range = [Math.max(-3, Math.min(0, ...values)), Math.min(Math.max(7, ...values) * 1.1, 2 * MOST)];
		const x = { range: [0, MOST], label: "true MI [nats]" };
		const y = { range, label: `estimate after ${part.epochs} epochs [nats]` };
		const alt = `Estimates of ${part.label} against the truth for N = ${sizes.join(", ")}`;
		const picture = chart({ x, y, alt, width: 440, height: 310, right: 44 });
		picture.line([[0, 0], [MOST, MOST]], { class: "reference" });
		const ends = [];
		for (const n of sizes) {
			const line = part.points.filter((p) => p.n === n && Number.isFinite(at(p))).map((p) => [p.mi, at(p)]);
			const { color, dash } = lines[n];
			picture.line(line, { stroke: color, "stroke-width": n === chosen.n ? 3 : 1.5, "stroke-dasharray": dash });
			for (const p of part.points.filter((p) => p.n === n)) {
				for (const v of p.at) if (v !== null) picture.dot(p.mi, v, { fill: range[0] <= v && v <= range[1] ? color : "none", stroke: color, r: 3 });
			}
			if (line.length) ends.push([...line.at(-1), n]);
		}
		let free = 0; // names beside the ends of the lines, none over another
		for (const [mi, value, n] of ends.sort((a, b) => b[1] - a[1])) {
			free = Math.max(free + 12, picture.py(value));
			picture.text(mi, value, ` ${n}`, { y: free, dx: 10, dy: 4, class: "note" });
			if (free - picture.py(value) > 4) picture.leader(mi, value, free);
		}
		if (Number.isFinite(at(chosen))) picture.dot(chosen.mi, at(chosen), { class: "chosen", r: 6 });
		return picture.svg;
	}

	function told(part, point, state) {
		const same = point.mi === state.mi && point.n === state.n;
		const asked = same ? "" : `${format(state.mi)} nats with N = ${state.n} was not run here; this is the nearest that was. `;
		const ends = point.end.map((value, i) => (value === null ? `not finite from epoch ${point.stopped[i]} on` : format(value)));
		const setting = `${part.label} with a ${part.critic.replace("x", "×")} critic, ${schemes[part.negatives]}, N = ${point.n}`;
		const rows = part.points.map((p) => [p.mi, p.n, format(Math.log(p.n)), format(p.ceiling), p.epochs, ...[0, 1].map((i) =>
			p.runs.length <= i ? "–" : p.at[i] === null ? "not finite" : format(p.at[i]))]);
		return {
			summary: `${asked}${setting}: the truth is ${format(point.mi)} nats, the estimate after ${point.epochs} epochs ${ends.join(" and ")}; log N is ${format(Math.log(point.n))}, the ceiling ${format(point.ceiling)}.`,
			offers: same ? [] : [[`Move the sliders to ${point.mi} nats and N = ${point.n}`, { mi: point.mi, n: point.n }]],
			source: part.sources[point.source],
			table: { head: ["true MI", "N", "log N", "ceiling", "epochs run", "seed 0", "seed 1"], rows, note: `${part.label}: estimates after ${part.epochs} epochs, in nats.` },
		};
	}
};
