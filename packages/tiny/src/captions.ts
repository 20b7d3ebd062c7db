import { ArgumentError, RandomState, shown } from "@drum/tensor";
import words from "../words.json" with { type: "json" };
import { ATTRIBUTES, type Scene, type Told, VALUES } from "./scene.ts";

/** A seeded source of scenes and captions. All calls share one generator: the same calls in the same order give the same. */
export interface Captions {
	/** A scene with every attribute drawn; attributes given in `fixed` stay as they are. */
	randomScene(fixed?: Partial<Scene>): Scene;
	/** The part of a scene that a caption says: each open attribute by one chance, which is drawn for the caption. */
	tell(scene: Scene): Told;
	/**
	 * One caption, of at most 26 tokens, of the attributes told, in words and an order that are drawn.
	 * @throws ArgumentError where a value is not one of words.json
	 */
	describe(told: Told): string;
	/** `describe(tell(randomScene(fixed)))`. */
	next(fixed?: Partial<Scene>): string;
}

/**
 * What the model was trained with: the captions of the recipe's own generator, one for one, from the same seed.
 * @param seed an integer from 0 to 2^32 - 1
 * @throws ArgumentError
 */
export function captions(seed: number): Captions {
	const random = new RandomState(seed);
	const share = () => random.random(1)[0]!;
	const pick = <T>(items: readonly T[]) => items[Math.floor(share() * items.length)]!;

	function draw<T>(items: readonly T[], chances: readonly number[]): T {
		let level = share();
		for (const [i, item] of items.entries()) {
			level -= chances[i]!;
			if (level < 0) return item;
		}
		return items.at(-1)!;
	}

	function randomScene(fixed: Partial<Scene> = {}): Scene {
		const { chances } = words;
		const subject = pick(VALUES.subject);
		const count = draw(VALUES.count, chances.count);
		const style = draw(VALUES.style, chances.style);
		const dark = (fixed.style ?? style) === "neon" ? ["black", "brown"] : [];
		const colour = pick(VALUES.colour.filter((name) => !dark.includes(name)));
		const pattern = draw(VALUES.pattern, chances.pattern);
		const ground = pick(words.grounds.filter((name) => name !== (fixed.colour ?? colour))) as Scene["ground"];
		const size = draw(VALUES.size, chances.size);
		const position = draw(VALUES.position, chances.position);
		const scene = { subject, count, colour, pattern, style, ground, size, position, ...fixed };
		const central = scene.size === "large" || scene.count === "4";
		return central && !fixed.position ? { ...scene, position: "centre" } : scene;
	}

	function tell(scene: Scene): Told {
		const chance = pick(words.chances.told);
		const open = ATTRIBUTES.slice(2).filter(() => share() < chance);
		const said = Object.fromEntries(open.map((name) => [name, scene[name]]));
		return { subject: scene.subject, count: scene.count, ...said };
	}

	function describe(told: Told): string {
		check(told);
		const { subject, colour = "", pattern, style, position, size, ground } = told;
		const { phrases } = words;
		const count = told.count ?? "1";
		const values: Record<string, string> = {
			count: pick(words.counts[count]),
			subject: count === "1" ? subject : words.subjects[subject].plural,
			colour,
		};
		const texture: readonly string[] = pattern ? words.patterns[pattern].texture : [];
		if (size && words.sizes[size].length > 0) values.size = pick<string>(words.sizes[size]);
		if (pattern) values.pattern = pick(words.patterns[pattern].adjective);
		if (texture.length > 0) values.texture = pick(texture);
		values.things = fill(pick(texture.length > 0 ? phrases.patterned : phrases.plain), values);
		if (position) values.position = pick(words.positions[position]);
		if (ground) values.ground = fill(pick(phrases.ground), { ground });
		values.scene = fill(pick(phrases.scene), values);
		if (style) {
			values.before = pick(words.styles[style].before);
			values.after = pick(words.styles[style].after);
			values.scene = fill(pick(phrases.styled), values);
		}
		return values.scene.replace(/\ba (?=[aeiou])/g, "an ");
	}

	return { randomScene, tell, describe, next: (fixed) => describe(tell(randomScene(fixed))) };
}

function fill(template: string, values: Record<string, string>): string {
	const text = template.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? "");
	return text.replace(/\s+/g, " ").trim();
}

function check(told: Told): void {
	for (const name of ATTRIBUTES) {
		const value = told[name];
		const known: readonly (string | undefined)[] = VALUES[name];
		if (known.includes(value) || (value === undefined && name !== "subject")) continue;
		throw new ArgumentError({ what: name, expected: `one of ${known.join(", ")}`, found: shown(value) });
	}
}
