import { RandomState } from "@drum/tensor";
import { type Captions, captions } from "./captions.ts";
import { type Told, VALUES } from "./scene.ts";

/** What a taste may be of: what a prompt often leaves open and a picture always shows. */
const TASTED = ["colour", "pattern", "style"] as const;

export type Tasted = (typeof TASTED)[number];

/** Every value that a taste may have. Black and brown are left out, which neon has not, and what is drawn anyway is no taste. */
export const TASTES: { readonly [A in Tasted]: readonly string[] } = {
	colour: VALUES.colour.filter((colour) => colour !== "black" && colour !== "brown"),
	pattern: VALUES.pattern.filter((pattern) => pattern !== "plain"),
	style: VALUES.style.filter((style) => style !== "filled"),
};

export interface Taste {
	readonly attribute: Tasted;
	readonly value: string;
	/** The chance that a prompt asks for it, 0.6 to 0.95. */
	readonly strength: number;
}

/** An earlier prompt: what it says, and how much its picture was liked. */
export interface Entry {
	readonly told: Told;
	readonly prompt: string;
	/** 0.2 to 1: 0.7 of it go by how much of the taste was asked for. */
	readonly intensity: number;
}

/** A prompt that leaves the taste open. */
export interface Target {
	readonly told: Told;
	readonly prompt: string;
	/** The prompt that asks for the taste as well. */
	readonly wish: string;
}

export interface User {
	/** From 0. */
	readonly number: number;
	/** One or two, of different attributes. */
	readonly tastes: readonly Taste[];
	/** 20 to 40, oldest first. */
	readonly history: readonly Entry[];
	/** Two. */
	readonly targets: readonly Target[];
}

const LENGTHS = [20, 40] as const;
const TARGETS = 2;
/** Seed of the wordings of wishes. */
const WISHES = 1;

/** Made-up users whose taste is known. A user's number and the seed alone decide: more users are the same and some more. */
export function makeUsers(count: number, seed: number): User[] {
	return Array.from({ length: count }, (_, number) => makeUser(number, seed));
}

function makeUser(number: number, seed: number): User {
	const random = new RandomState((seed * 10_007 + number) % 2 ** 32);
	const source = captions(random.randint(0, 2 ** 31, 1)[0]!);
	const tastes = drawTastes(random);
	const length = random.randint(LENGTHS[0], LENGTHS[1] + 1, 1)[0]!;
	const history = Array.from({ length }, () => makeEntry(tastes, random, source));
	const targets = Array.from({ length: TARGETS }, () => makeTarget(tastes, source));
	return { number, tastes, history, targets };
}

function drawTastes(random: RandomState): Taste[] {
	const count = random.randint(1, 3, 1)[0]!;
	return Array.from(random.choice(TASTED.length, count), (row) => {
		const attribute = TASTED[row]!;
		const values = TASTES[attribute];
		const value = values[random.randint(0, values.length, 1)[0]!]!;
		return { attribute, value, strength: hundredths(0.6 + 0.35 * random.random(1)[0]!) };
	});
}

function makeEntry(tastes: readonly Taste[], random: RandomState, source: Captions): Entry {
	const chances = random.random(tastes.length);
	const asked = tastes.filter(({ strength }, i) => chances[i]! < strength);
	const told = { ...withoutTaste(tell(asked, source), tastes), ...valuesOf(asked) };
	const liked = total(asked) / total(tastes);
	const intensity = hundredths(0.2 + 0.7 * liked + 0.1 * random.random(1)[0]!);
	return { told, prompt: source.describe(told), intensity };
}

/** Of a prompt that asks for all of the taste, what else it says. */
function makeTarget(tastes: readonly Taste[], source: Captions): Target {
	const told = Object.fromEntries(
		Object.entries(tell(tastes, source)).filter(([name]) => tastes.every(({ attribute }) => attribute !== name)),
	) as Told;
	const prompt = source.describe(told);
	return { told, prompt, wish: captions(WISHES).describe({ ...told, ...valuesOf(tastes) }) };
}

function tell(tastes: readonly Taste[], source: Captions): Told {
	return source.tell(source.randomScene(valuesOf(tastes)));
}

/** Without what is the taste by chance. */
function withoutTaste(told: Told, tastes: readonly Taste[]): Told {
	const kept = Object.entries(told).filter(([name, value]) =>
		tastes.every((taste) => taste.attribute !== name || taste.value !== value),
	);
	return Object.fromEntries(kept) as Told;
}

function valuesOf(tastes: readonly Taste[]): Partial<Record<Tasted, never>> {
	return Object.fromEntries(tastes.map(({ attribute, value }) => [attribute, value]));
}

function total(tastes: readonly Taste[]): number {
	return tastes.reduce((sum, { strength }) => sum + strength, 0);
}

function hundredths(value: number): number {
	return Math.round(value * 100) / 100;
}
