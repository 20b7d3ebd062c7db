import { ArgumentError, parseJson, shown } from "@drum/tensor";
import type { ParameterValue } from "./parameter-value.ts";
import { shortName, shortNamesIn, withShortNames } from "./short-name.ts";

/** How a picture was made: what it takes to draw it again. A call's other options stand here under their own names. */
export interface ImageParameters {
	readonly prompt?: string;
	readonly negativePrompt?: string;
	/** Degree of personalization; absent for a plain picture. */
	readonly alpha?: number;
	/** The user's earlier prompts that steered it. */
	readonly references?: readonly { readonly prompt: string; readonly intensity: number }[];
	/** Degree of personalization of the negative condition; absent where nothing disliked steered it. */
	readonly negativeAlpha?: number;
	/** The user's earlier prompts that steered it, with intensities below 0. */
	readonly negativeReferences?: readonly { readonly prompt: string; readonly intensity: number }[];
	/** The checkpoint as it was opened: a hub id, a folder or a file. */
	readonly model?: string;
	/** Likewise the denoiser, where it is not the checkpoint's own. */
	readonly denoiser?: string;
	/** Likewise the VAE, where it is not the checkpoint's own. */
	readonly vae?: string;
	/** Likewise text encoders by their names, where they are from places of their own. */
	readonly encoders?: readonly { readonly [name: string]: string }[];
	readonly seed?: number;
	/** Which of the call's pictures it is, from 1, where there were several: with one seed they are drawn together. */
	readonly picture?: number;
	/** How many the call drew. */
	readonly pictures?: number;
	readonly numInferenceSteps?: number;
	readonly guidanceScale?: number;
	/** How work of earlier steps was taken again: the `method` and its settings. */
	readonly cache?: { readonly [name: string]: ParameterValue };
	readonly scheduler?: string;
	readonly eta?: number;
	readonly [name: string]: ParameterValue | undefined;
}

/**
 * How much of them a PNG file carries. `"shareable"`: what draws the picture again but for the user's earlier prompts, and folders by
 * their last name alone. `"full"`: all. `"none"`: the pixels alone.
 */
export type ParametersForm = "full" | "shareable" | "none";
const FORMS: readonly unknown[] = ["full", "shareable", "none"] satisfies ParametersForm[];

/** What tells on a person. */
const PRIVATE = ["references", "negativeReferences", "history", "profile"];
/** Texts that a person wrote for this picture: they are what it shows. */
const WORDS = /prompt/i;
/** Values that name a checkpoint or a part of one. */
const PLACES = /^(model|adapters|denoiser|vae|encoders|loras?)$/i;

/**
 * The parameters in one of their forms; `undefined` for none.
 * @throws ArgumentError for another form.
 */
export function parametersIn(form: ParametersForm, parameters: ImageParameters | undefined) {
	if (!FORMS.includes(form)) {
		throw new ArgumentError({ what: "parameters", expected: `one of ${FORMS.join(", ")}`, found: shown(form) });
	}
	if (form === "none" || !parameters) return undefined;
	return form === "full" ? parameters : shareableParameters(parameters);
}

/** The parameters without the user's earlier prompts, and with a folder's last name in place of its path: to be shown to anyone. */
export function shareableParameters(parameters: ImageParameters): ImageParameters {
	const shared = Object.entries(parameters).flatMap(([name, value]): [string, ParameterValue | undefined][] => {
		if (PRIVATE.includes(name) || value === undefined) return [];
		if (WORDS.test(name)) return [[name, value]];
		if (PLACES.test(name) && typeof value === "string") {
			const short = shortName(value);
			return short === undefined ? [] : [[name, short]];
		}
		if (PLACES.test(name)) return [[name, shortNamesIn(value)]];
		return [[name, withShortNames(value)]];
	});
	return Object.fromEntries(shared);
}

const NUMBERS = new Set([
	...[
		"alpha",
		"negativeAlpha",
		"seed",
		"numInferenceSteps",
		"guidanceScale",
		"eta",
		"guidanceRescale",
		"trueCfgScale",
		"pictures",
		"guidanceStart",
		"guidanceEnd",
	],
	...["liked", "disliked", "feedbackStartRatio", "feedbackEndRatio", "minWeight", "maxWeight"],
]);
const PAIRS = /(Size|TopLeft)$/;

/** Parameters in a text of a picture's file; undefined where there is none, or another program's. */
export function parametersOfText(text: string | undefined): ImageParameters | undefined {
	if (text === undefined) return undefined;
	try {
		return readParameters(parseJson(text));
	} catch {
		return undefined;
	}
}

/**
 * Parameters as a PNG file holds them, also of an older one, whose values are texts; `undefined` for another program's.
 * @param value what the file's JSON says
 */
function readParameters(value: unknown): ImageParameters | undefined {
	if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
	const entries = Object.entries(value as Record<string, ParameterValue>);
	const isOwn = ([name, each]: [string, ParameterValue]) =>
		each === null || typeof each !== "object" || Array.isArray(each) || name === "cache";
	if (!entries.every(isOwn)) return undefined;
	return Object.fromEntries(entries.flatMap(([name, each]) => typed(name, each)));
}

function typed(name: string, value: ParameterValue): [string, ParameterValue][] {
	if (name === "references") return [[name, referencesOf(value, (intensity) => intensity >= 0)]];
	if (name === "negativeReferences") return [[name, referencesOf(value, (intensity) => intensity < 0)]];
	if (typeof value !== "string") return [[name, value]];
	if (NUMBERS.has(name)) return value.trim() === "" || Number.isNaN(Number(value)) ? [] : [[name, Number(value)]];
	if (PAIRS.test(name) && /^\d+,\d+$/.test(value)) return [[name, value.split(",").map(Number)]];
	const [, picture, pictures] = (name === "picture" && /^(\d+) of (\d+)$/.exec(value)) || [];
	if (picture === undefined) return [[name, value]];
	return [
		["picture", Number(picture)],
		["pictures", Number(pictures)],
	];
}

function referencesOf(value: ParameterValue, fits: (intensity: number) => boolean): ParameterValue {
	const list: unknown = typeof value === "string" ? parsed(value) : value;
	const references = Array.isArray(list) ? list.filter(isReference) : [];
	return references.filter(({ intensity }) => fits(intensity)).map(({ prompt, intensity }) => ({ prompt, intensity }));
}

function isReference(value: unknown): value is { prompt: string; intensity: number } {
	const { prompt, intensity } = (value ?? {}) as { prompt?: unknown; intensity?: unknown };
	return typeof prompt === "string" && typeof intensity === "number";
}

function parsed(text: string): unknown {
	try {
		return parseJson(text);
	} catch {
		return undefined;
	}
}
