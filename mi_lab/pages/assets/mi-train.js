// A critic trained in the reader's browser, in a worker, beside the stored run of the same setting.
"use strict";
window.MILab.widgets.train = ({ model, el }) => {
	const MILab = window.MILab;
	const { h, chart, fill, format, panel, gaussian } = MILab;
	const DIM = 20, MOST = 200000, CROWD = 128, RATE = 1e-4, WIDTH = 64; // the report's rate, and the width of the stored runs
	const play = model.get("play"); // N alone can be set, on the first page
	const names = Object.fromEntries(model.get("controls")[0].options);
	const perEpoch = (n) => (n >= 512 ? 100 : Math.floor(51200 / n));
	const speed = h("p", { "aria-hidden": true, class: "mi-speed" });
	let worker = null, running = false, points = [], steps = 0, rate = 0, key = null, limit = null, broken = "", epochsOf = null, soon = 0;

	const controls = model.get("controls").map((c) => (play && c.key !== "n" ? { ...c, when: () => false } : c));
	const go = { label: () => (running ? "Pause" : play ? "Play" : worker ? "Go on" : "Start"), press: () => (running ? pause() : start(), {}) };
	const others = [{ label: "Clear the curve", press: () => (stop(), {}) }];

	const whole = panel(el, model, {
		title: model.get("title"),
		controls: [...controls, go, ...(play ? [] : others)],
		python: (state) => {
			const [name, reading] = state.estimator.split("-");
			return fill(model.get("code"), { ...state, name, reading });
		},
		update: (state) => {
			if (state.negatives === "all_pairs") state.n = Math.min(state.n, CROWD); // all pairs cost N² scores
			const now = JSON.stringify(state);
			if (key !== now) {
				const again = running;
				stop();
				key = now;
				limit = gaussian.ceiling(state.mi, DIM, state.n);
				clearTimeout(soon);
				if (again && play) soon = setTimeout(() => (start(), whole.draw()), 300); // another N, another run
			}
			const last = points.at(-1)?.[1] ?? NaN;
			speed.textContent = worker && steps ? `${format(last)} nats · ${steps} steps · ${Math.round(rate)} a second in this browser` : "";
			return { drawing: [picture(state), speed], ...told(state) };
		},
	});

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
		running = true;
	}

	function pause() {
		worker?.postMessage({ pause: true });
		running = false;
	}

	function stop() {
		worker?.terminate();
		worker = null;
		[running, points, steps, broken] = [false, [], 0, ""];
	}

	// The stored run of the same setting, if any.
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
		const high = play ? 30 : Math.min(Math.max(log, limit, ...all) * 1.15, 60), low = Math.max(-3, Math.min(0, ...all));
		const y = { range: [low, high], label: "estimated MI [nats]" };
		const x = { range: [0, end], label: `epoch of ${perEpoch(state.n)} steps` };
		const width = Math.max(330, Math.min(620, el.clientWidth)), right = play ? 104 : 12;
		const drawn = chart({ x, y, alt: `Live estimate of ${names[state.estimator]} against epoch, truth ${state.mi} nats`, width, height: play ? 270 : 320, right });
		if (curve.length > 1) drawn.line(curve, { class: "stored" });
		const thin = Math.ceil(live.length / 400), mean = (list) => gaussian.mean(list.map(([, v]) => v));
		const line = [];
		for (let i = 0; i < live.length; i += thin) line.push([live[i][0] / perEpoch(state.n), mean(live.slice(i, i + thin))]);
		drawn.line(line, { class: "live" });
		drawn.left(line);
		if (!play) drawn.levels(state.mi, limit, state.n, state.negatives);
		else for (const [value, words, kind, dy] of [[state.mi, "the truth", "truth thick", 4], [log, `log N = ${format(log)}`, "log-n", -3], [limit, `ceiling ${format(limit)}`, "ceiling", 13]]) {
			drawn.line([[0, value], [end, value]], { class: kind });
			drawn.text(end, value, words, { dx: 6, dy, class: "note" });
		}
		return drawn.svg;
	}

	// One sentence for what was set, one while it runs, one where it stands: read aloud, and seldom.
	function told(state) {
		const last = points.slice(-8), value = gaussian.mean(last.map(([, v]) => v)), epoch = steps / perEpoch(state.n);
		const setting = `${names[state.estimator]}, ${state.mi} nats, N = ${state.n}`;
		const is = Number.isFinite(value) ? `is ${format(value)} nats after ${format(epoch)} epochs` : `stopped being finite at step ${steps}`;
		const values = { ...state, setting, is: is + (steps >= MOST ? ", and ends here" : ""), limit: format(limit), rate: format(state.rate) };
		const words = fill(model.get("words")[running ? "running" : last.length ? "stands" : "ready"], values);
		const every = Math.max(1, Math.ceil(points.length / 30));
		const rows = points.filter((_, i) => i % every === 0).map(([step, v]) => [format(step / perEpoch(state.n)), format(v)]);
		return { summary: broken || words, table: { head: ["epoch", "estimate [nats]"], rows, note: "Means over an eighth of an epoch." } };
	}
	return stop;
};
