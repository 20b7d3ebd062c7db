import type { Item, Model, PicturesRequest } from "../../../api/index.ts";

/** What the code shall draw. */
export interface Drawing {
	model: Pick<Model, "source" | "adapters" | "loras" | "kind">;
	/** A request without a seed draws another picture each time, and so does its code. */
	request: Omit<PicturesRequest, "kind" | "model" | "historyId" | "profile">;
	/** The history whose profile steers; none for plain pictures. */
	history: readonly Item[];
}

/** The library's own call for what the page draws: a TypeScript module that gives the same pictures. */
export function libraryCode({ model, request, history }: Drawing): string {
	const flux = /flux/i.test(model.kind);
	const [name, of] = flux ? ["Flux", "@drum/pipelines-flux"] : ["StableDiffusion", "@drum/pipelines-sd"];
	const alphas = request.alphas.filter((alpha) => alpha === 0 || history.length > 0);
	const personal = alphas.some((alpha) => alpha > 0);
	const tiny = model.source === TINY;
	const source = tiny ? "model" : literal(model.source);
	const adapters = tiny ? "{ adapters }" : `{ adapters: ${literal(model.adapters)} }`;
	return [
		`import { ${personal ? "DrUM, " : ""}${name} } from "${of}";`,
		...(tiny ? [`import { ${personal ? "adapters, " : ""}model } from "${TINY}";`] : []),
		"",
		`await using pipeline = await ${name}.fromPretrained(${source});`,
		...(model.loras ?? []).map((each) => `await pipeline.loadLora(${literal(each.source)}, { scale: ${each.scale} });`),
		...(personal
			? [`await using drum = await DrUM.attach(pipeline, ${adapters});`, "", ...profileLines(history, request)]
			: []),
		"",
		...(personal ? personalLines(alphas, { model, request, history }) : plainLines(request)),
		"",
	].join("\n");
}

/** The package whose model the demo draws with where no other was given. */
const TINY = "@drum/tiny";

function profileLines(history: readonly Item[], { ratio, size, halfLife }: Drawing["request"]): string[] {
	const shares = Object.entries({ size, ratio, halfLife }).filter(([, value]) => value !== undefined);
	const share = shares.length > 0 ? `, { ${shares.map(([name, value]) => `${name}: ${value}`).join(", ")} }` : "";
	return [
		"const history = [",
		...history.map(({ prompt, intensity, at }) => {
			const time = halfLife !== undefined && at !== undefined ? `, at: ${literal(at)}` : "";
			return `\t{ prompt: ${literal(prompt)}, intensity: ${intensity}${time} },`;
		}),
		"];",
		`const profile = await drum.profile(history${share});`,
	];
}

function personalLines(alphas: readonly number[], { request, history }: Drawing): string[] {
	const dislikes = request.negativeAlpha !== undefined && history.some(({ intensity }) => intensity < 0);
	const dial = dislikes ? `, negativeAlpha: ${request.negativeAlpha}` : "";
	return [
		...(request.seed === undefined ? ["const seed = Math.floor(Math.random() * 2 ** 32);"] : []),
		`for (const alpha of [${alphas.join(", ")}]) {`,
		`\tconst { images } = await drum.generate(${literal(request.prompt)}, {`,
		...(alphas.includes(0)
			? [`\t\t...(alpha > 0 && { profile, alpha${dial} }), // the plain picture, for 0`]
			: ["\t\tprofile,", "\t\talpha,", ...(dial ? [`\t\t${dial.slice(2)},`] : [])]),
		...optionLines(request).map((line) => `\t\t${line}`),
		...(request.seed === undefined ? ["\t\tseed,"] : []),
		"\t});",
		`\tawait images[0]?.save(\`alpha-\${alpha}.png\`);`,
		"}",
	];
}

function plainLines(request: Drawing["request"]): string[] {
	return [
		`const { images } = await pipeline.generate(${literal(request.prompt)}, {`,
		...optionLines(request).map((line) => `\t${line}`),
		"});",
		'await images[0]?.save("alpha-0.png");',
	];
}

const OPTIONS = [
	"promptSyntax",
	"negativePrompt",
	"seed",
	"numInferenceSteps",
	"guidanceScale",
	"width",
	"height",
	"scheduler",
	"strength",
] as const satisfies readonly (keyof PicturesRequest)[];

function optionLines(request: Drawing["request"]): string[] {
	const files = (["image", "mask"] as const).filter((name) => request[name]);
	return [
		...files.map((name) => `${name}: "${name}.png", // yours`),
		...OPTIONS.flatMap((name) => {
			const value = request[name];
			return value === undefined || value === "" ? [] : [`${name}: ${literal(value)},`];
		}),
	];
}

/** JSON is TypeScript too. */
function literal(value: string | number): string {
	return JSON.stringify(value);
}
