// A critic trained in the reader's browser, in a worker, beside the stored run of the same setting.
"use strict";
window.MILab.widgets.train = ({ model, el }) => {
	const MILab = window.MILab;
	const { h, chart, format, panel, gaussian, schemes } = MILab;
	const DIM = 20, MOST = 200000, CROWD = 128, RATE = 1e-4, WIDTH = 64;
	const names = Object.fromEntries(model.get("estimators"));
	const perEpoch = (n) => (n >= 512 ? 100 : Math.floor(51200 / n));
	const speed = h("p", { "aria-hidden": true, class: "mi-speed" });
	let worker = null, running = false, points = [], steps = 0, rate = 0, key = null, limit = null, spoken = 0, words = "", broken = "", epochsOf = null;

	const whole = panel(el, model, {
		title: "Train a critic here",
		controls: [
			{ key: "estimator", label: "estimator", options: Object.entries(names), value: "nwj-nwj" },
			{ key: "negatives", label: "negatives", options: Object.entries(schemes), value: "shuffle" },
			{ key: "mi", label: "true MI", unit: "nats", min: 0.5, max: 30, step: 0.5, value: 10 },
			{ key: "n", label: "batch size N", min: 4, max: 9, step: 1, power: 2, value: 64 },
			{ key: "width", label: "critic: one hidden layer of", unit: "units", min: 5, max: 7, step: 1, power: 2, value: WIDTH },
			{ key: "rate", label: "learning rate", min: -5, max: -2, step: 0.25, power: 10, value: RATE },
			{ key: "seed", label: "seed", min: 0, max: 99, step: 1, value: 0 },
			{ label: "Start", press: () => (start(), {}) },
			{ label: "Pause", press: () => (pause(), {}) },
			{ label: "Begin anew", press: () => (stop(), {}) },
			{ label: "Take the explorer's settings", press: taken },
		],
		update: (state) => {
			if (state.negatives === "all_pairs") state.n = Math.min(state.n, CROWD); // all pairs cost N² scores
			const now = JSON.stringify(state);
			if (key !== now) {
				stop();
				key = now;
				limit = gaussian.ceiling(state.mi, DIM, state.n);
			}
			const last = points.at(-1)?.[1] ?? NaN;
			speed.textContent = worker ? `${format(last)} nats · ${steps} steps · ${Math.round(rate)} a second in this browser` : "";
			return { drawing: [picture(state), speed], ...told(state) };
		},
	});

	function taken() {
		if (!MILab.explored) return {};
		const { estimator, negatives, mi, n } = MILab.explored; // as shown, or as asked where nothing was run
		return { estimator, negatives, mi: Math.round(2 * mi) / 2, n: Math.min(n, 512), width: WIDTH, rate: RATE };
	}

	function start() {
		const state = JSON.parse(key);
		if (!worker) {
			const source = `"use strict";
				const makeTrainer = ${MILab.makeTrainer}; const gaussian = (${MILab.makeGaussian})();
				(${MILab.trainerWorker})(makeTrainer(gaussian), ${perEpoch}, ${MOST});`;
			const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
			worker = new Worker(address);
			worker.onmessage = ({ data }) => {
				URL.revokeObjectURL(address); // earlier, some browsers have not read it yet
				points.push(...data.points);
				({ steps, rate } = data);
				running &&= data.going; // a slice may come in after a pause
				whole.draw();
			};
			worker.onerror = ({ message }) => {
				stop();
				broken = `This browser's worker failed: ${message}`;
				whole.draw();
			};
			worker.postMessage({ settings: state });
		} else worker.postMessage({});
		[running, spoken] = [true, 0];
	}

	function pause() {
		worker?.postMessage({ pause: true });
		running = false;
	}

	function stop() {
		worker?.terminate();
		worker = null;
		[running, points, steps, spoken, broken] = [false, [], 0, 0, ""];
	}

	// The stored run of the same setting, if any; its file is fetched when first wanted.
	function stored(state) {
		if (state.width !== WIDTH || state.rate !== RATE) return null;
		const name = `${state.estimator}-1x64-${state.negatives}`;
		if (!model.get("stored").includes(name)) return null;
		const part = (model.get("parts") ?? MILab.parts)[name];
		if (!part) MILab.load(`explorer/${name}.js`).then(() => whole.draw());
		epochsOf = part?.epochs_of;
		return part?.points.find((p) => p.mi === state.mi && p.n === state.n) ?? null;
	}

	function picture(state) {
		const log = Math.log(state.n), beside = stored(state), live = points.filter(([, v]) => Number.isFinite(v));
		const now = steps / perEpoch(state.n), end = [5, 10, 20, 50, 100, 200, 500, 1000, 2000].find((e) => e >= now) ?? now;
		const shown = beside && epochsOf[beside.epochs]; // each point a mean since the one before
		const curve = beside ? beside.runs[0].map((v, i) => [(shown[i] + (shown[i - 1] ?? 0)) / 2, v]).filter(([e]) => e <= end) : [];
		const all = [...live.map(([, v]) => v), ...curve.map(([, v]) => v)];
		const high = Math.min(Math.max(log, limit, ...all) * 1.15, 60), low = Math.max(-3, Math.min(0, ...all));
		const y = { range: [low, high], label: "estimated MI [nats]" };
		const x = { range: [0, end], label: `epoch of ${perEpoch(state.n)} steps` };
		const drawn = chart({ x, y, alt: `Live estimate of ${names[state.estimator]} against epoch, truth ${state.mi} nats`, width: Math.max(330, Math.min(620, el.clientWidth)), height: 320 });
		if (curve.length > 1) drawn.line(curve, { class: "stored" });
		const thin = Math.ceil(live.length / 400), mean = (list) => gaussian.mean(list.map(([, v]) => v));
		const line = [];
		for (let i = 0; i < live.length; i += thin) line.push([live[i][0] / perEpoch(state.n), mean(live.slice(i, i + thin))]);
		drawn.line(line, { class: "live" });
		drawn.levels(state.mi, limit, state.n, state.negatives);
		return drawn.svg;
	}

	// Spoken seldom, for the sake of screen readers.
	function told(state) {
		const last = points.slice(-8), value = gaussian.mean(last.map(([, v]) => v));
		const epoch = steps / perEpoch(state.n), finite = !last.length || Number.isFinite(value);
		if (!running || !spoken || performance.now() - spoken > 5000) {
			spoken = last.length && performance.now();
			const is = !finite ? `stopped being finite at step ${steps}` : `is ${format(value)} nats after ${format(epoch)} epochs`;
			words = last.length
				? `This live run of a small critic ${is}, ${running ? `and goes on at ${format(rate)} steps a second` : steps >= MOST ? "and ends here" : "and waits"}. The truth is ${state.mi} nats, I_N ${format(limit)}.`
				: `A critic with one hidden layer of ${state.width} units can be trained here: ${names[state.estimator]}, ${state.mi} nats, N = ${state.n}, learning rate ${format(state.rate)}, seed ${state.seed}. Press Start.`;
		}
		const every = Math.max(1, Math.ceil(points.length / 30));
		const rows = points.filter((_, i) => i % every === 0).map(([step, v]) => [format(step / perEpoch(state.n)), format(v)]);
		return { summary: broken || words, table: { head: ["epoch", "estimate [nats]"], rows, note: "Means over an eighth of an epoch." } };
	}
	return stop;
};
