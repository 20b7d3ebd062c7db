import { ablations, degrees, FABRIC, type Method, PLAIN, PMG, samplings, TAILORED_VISIONS, VIPER } from "./methods.ts";
import type { MethodName, RunSettings } from "./settings.ts";

/** A method to be measured, and whether pictures are drawn for it or conditions alone are measured. */
export interface PlannedMethod {
	readonly method: Method;
	readonly drawn: boolean;
}

type Extent = Pick<RunSettings, "tables" | "figures" | "methods" | "alpha" | "ratio" | "ratios" | "alphas">;

/** Table 2's methods by the names that users give them. */
export function methodNamed(name: MethodName, degree: Pick<RunSettings, "alpha" | "ratio">): Method {
	const { DrUM } = ablations(degree);
	return { plain: PLAIN, drum: DrUM, fabric: FABRIC, viper: VIPER, tv: TAILORED_VISIONS, pmg: PMG }[name];
}

/** What Table 2 has rows for: the original model first. FABRIC and ViPer make pictures alone, so they have no place in Table 2b. */
export function table2Methods({ methods, ...degree }: Extent, part: "2a" | "2b"): Method[] {
	const named = methods.filter((name) => name !== "plain").map((name) => methodNamed(name, degree));
	return [PLAIN, ...named.filter(({ kind }) => part === "2a" || kind !== "steered")];
}

/** Everything that the tables and figures of a run need, each once: what is drawn for one of them serves the others. */
export function planOf(settings: Extent): PlannedMethod[] {
	const { tables, figures, ratios, alphas, alpha, ratio } = settings;
	const has = (name: "2a" | "2b" | "3") => tables.includes(name);
	const drawn: Method[] = [
		...(has("2a") ? table2Methods(settings, "2a") : []),
		...(has("3") ? [PLAIN, ...Object.values(ablations(settings))] : []),
		...(figures.includes("7") ? [PLAIN, ...degrees(alphas, ratio)] : []),
	];
	const measured: Method[] = [
		...(has("2b") ? table2Methods(settings, "2b") : []),
		...(figures.includes("3") ? Object.values(samplings(ratios, alpha)).flat() : []),
	];
	const names = new Set(drawn.map(({ name }) => name));
	const all = new Map([...drawn, ...measured].map((method) => [method.name, method]));
	return Array.from(all.values(), (method) => ({ method, drawn: names.has(method.name) }));
}
