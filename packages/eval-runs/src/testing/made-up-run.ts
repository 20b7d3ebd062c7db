import { planOf, type RunSettings, type Unit } from "../index.ts";
import type { RunReport } from "../report/run-report.ts";

/** Settings of a run that measures nothing but what `given` says. */
export function madeUpSettings(given: Partial<RunSettings> = {}): RunSettings {
	return {
		...{ data: "made-up users", paper: null, users: null, models: ["m"], adapters: "a", clip: "c", chat: null },
		...{ tables: [], figures: [], methods: ["plain", "drum"], alpha: 0.3, ratio: 0.1, weighted: true },
		...{ ratios: [0.1, 1], alphas: [0, 1], seed: 42, sheets: 0 },
		...{ steps: null, guidanceScale: null, height: null, width: null, scheduler: null },
		...given,
	};
}

/** Units of so many users, whose scores `of` gives: each user's are a little higher than those of the one before. */
export function madeUpUnits(
	settings: RunSettings,
	users: number,
	of: (method: string) => { target: number; history: number },
): Unit[] {
	return settings.models.flatMap((_, model) =>
		Array.from({ length: users }, (_, user) =>
			planOf(settings).map(({ method, drawn }): Unit => {
				const { target, history } = of(method.name);
				const scores = { target: target + user / 10, history: history + user / 10 };
				const textAlign = method.kind === "steered" ? {} : { L: scores };
				const measurement = { references: 3, textAlign, ...(drawn && { clipScore: scores }), seconds: 2 };
				return { model, user, method: method.name, measurement, machine: "a machine" };
			}),
		).flat(),
	);
}

export function madeUpUsers(count: number): RunReport["users"] {
	return Array.from({ length: count }, (_, number) => ({
		...{ number, id: `u${number}`, history: 30 },
		targets: ["a | <b>star</b>", "a\nhouse"],
	}));
}
