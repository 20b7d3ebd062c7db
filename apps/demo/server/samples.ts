import { RandomState } from "@drum/tensor";
import { type Captions, captions, type Scene, type Told } from "@drum/tiny";
import type { Sample } from "../api/index.ts";

interface SampleUser {
	id: string;
	name: string;
	description: string;
	taste: Partial<Scene>;
	/** How many prompts. */
	length: number;
	example: Sample["example"];
}

/** Made-up users of the tiny model, each with a taste that is easy to see. */
const USERS: readonly SampleUser[] = [
	{
		id: "blue-stripes",
		name: "Blue stripes",
		description: "Asks for blue things with stripes, drawn as outlines",
		taste: { colour: "blue", pattern: "stripes", style: "outline" },
		length: 30,
		example: { prompt: "a heart", seed: 3, alpha: 0.4 },
	},
	{
		id: "red-dots",
		name: "Red dots",
		description: "Asks for red things with dots",
		taste: { colour: "red", pattern: "dots" },
		length: 24,
		example: { prompt: "a mushroom", seed: 7, alpha: 0.4 },
	},
	{
		id: "green-watercolour",
		name: "Green watercolours",
		description: "Asks for green things in watercolour",
		taste: { colour: "green", style: "watercolour" },
		length: 20,
		example: { prompt: "a cat", seed: 4, alpha: 0.5 },
	},
	{
		id: "neon",
		name: "Neon",
		description: "Asks for neon signs, whatever they show",
		taste: { style: "neon" },
		length: 26,
		example: { prompt: "a house", seed: 7, alpha: 0.4 },
	},
];

/** The chance that a prompt asks for each part of its user's taste. */
const STRENGTH = 0.8;

/** Made-up histories; the same at each call. */
export function makeSamples(): Sample[] {
	return USERS.map(({ id, name, description, taste, length, example }, seed) => {
		const random = new RandomState(seed);
		const source = captions(seed);
		const items = Array.from({ length }, () => makeItem(taste, random, source));
		return { id, name, description, items, example };
	});
}

/** A prompt, liked from 1 to 5: the more of the taste it asks for, the better. */
function makeItem(taste: Partial<Scene>, random: RandomState, source: Captions): Sample["items"][number] {
	const parts = Object.entries(taste);
	const chances = random.random(parts.length);
	const asked = Object.fromEntries(parts.filter((_, i) => chances[i]! < STRENGTH)) as Partial<Scene>;
	const others = Object.entries(source.tell(source.randomScene(asked))).filter(([name]) => !(name in taste));
	const told = { ...Object.fromEntries(others), ...asked } as Told;
	const liked = Object.keys(asked).length / parts.length;
	return { prompt: source.describe(told), intensity: 1 + Math.round(4 * liked) };
}
