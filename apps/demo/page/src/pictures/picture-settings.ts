import { PngError, readOtherSettings, readPngText } from "@drum/captions/metadata";
import type { Item } from "../../../api/index.ts";

/** How a picture was made, as its file tells it. */
export interface PictureSettings {
	prompt: string;
	negativePrompt: string;
	/** Degree of personalization; 0 for a plain picture. */
	alpha: number;
	/** The prompts that steered it; none for a plain picture. */
	references: Item[];
	/** Those that it was led away from, with intensities below 0. */
	negativeReferences: Item[];
	/** The checkpoint: a hub id, or a folder's name. */
	model: string | undefined;
	seed: number | undefined;
	numInferenceSteps: number | undefined;
	guidanceScale: number | undefined;
	scheduler: string | undefined;
	width: number;
	height: number;
	/** Another program that made it; none where it was DrUM. */
	program?: string | undefined;
}

/** Under this keyword a picture of DrUM tells how it was made, as JSON. */
const KEYWORD = "parameters";

/**
 * Reads a picture's settings from its PNG file, of DrUM or of another program that is known.
 * @throws PngError, in words for a person, for other files and for pictures that do not tell how they were made.
 */
export async function readPictureSettings(bytes: Uint8Array): Promise<PictureSettings> {
	const png = readPngText(bytes);
	const { width, height } = png;
	const values = valuesOf(await png.text(KEYWORD));
	if (values.prompt !== undefined) return { ...ownSettings(values, values.prompt), width, height };
	const others = await readOtherSettings(png);
	if (!others) throw new PngError("This picture does not tell how it was made.");
	const { prompt, negativePrompt = "", scheduler, model, program } = others;
	const [seed, steps, guidance] = [others.seed, others.numInferenceSteps, others.guidanceScale];
	return {
		...{
			program,
			prompt,
			negativePrompt,
			alpha: 0,
			references: [],
			negativeReferences: [],
			model,
			scheduler,
			width,
			height,
		},
		...numbersOf({ seed: text(seed), numInferenceSteps: text(steps), guidanceScale: text(guidance) }),
	};
}

type Values = Partial<Record<string, string>>;

function ownSettings(values: Values, prompt: string): Omit<PictureSettings, "width" | "height"> {
	return {
		prompt,
		negativePrompt: values.negativePrompt ?? "",
		alpha: number(values.alpha, 0, 1) ?? 0,
		references: referencesOf(values.references).filter(({ intensity }) => intensity >= 0),
		negativeReferences: referencesOf(values.negativeReferences).filter(({ intensity }) => intensity < 0),
		model: values.model,
		scheduler: values.scheduler,
		...numbersOf(values),
	};
}

/** Those that a request can have. */
function numbersOf({ seed, numInferenceSteps, guidanceScale }: Values) {
	return {
		seed: whole(number(seed, 0, 2 ** 32 - 1)),
		numInferenceSteps: whole(number(numInferenceSteps, 1, 200)),
		guidanceScale: number(guidanceScale, 0, 50),
	};
}

function text(value: number | undefined): string | undefined {
	return value === undefined ? undefined : String(value);
}

/** The values of a JSON object, as texts, which older pictures have throughout; none where it is something else. */
function valuesOf(text: string | undefined): Values {
	const value = parse(text);
	if (typeof value !== "object" || value === null || Array.isArray(value)) return {};
	const entries = Object.entries(value).map(([name, each]) => [
		name,
		typeof each === "string" ? each : JSON.stringify(each),
	]);
	return Object.fromEntries(entries);
}

function referencesOf(text: string | undefined): Item[] {
	const value = parse(text);
	return Array.isArray(value) ? value.filter(isItem).map(({ prompt, intensity }) => ({ prompt, intensity })) : [];
}

function isItem(value: unknown): value is Item {
	const { prompt, intensity } = (value ?? {}) as Partial<Record<keyof Item, unknown>>;
	return typeof prompt === "string" && typeof intensity === "number";
}

function parse(text: string | undefined): unknown {
	try {
		return JSON.parse(text ?? "null");
	} catch {
		return null;
	}
}

function number(text: string | undefined, low: number, high: number): number | undefined {
	const value = text === undefined || text.trim() === "" ? Number.NaN : Number(text);
	return value >= low && value <= high ? value : undefined;
}

function whole(value: number | undefined): number | undefined {
	return Number.isInteger(value) ? value : undefined;
}
