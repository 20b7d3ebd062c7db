import { RandomState } from "@drum/tensor";
import { captions, makeUsers, TASTES, type Tasted, type Told, type User } from "@drum/tiny";

/** A user of `@drum/tiny` whose prompts also leave an attribute open that is none of their tastes. */
export interface DislikingUser {
	readonly user: User;
	/** Of which they dislike a value. */
	readonly attribute: Tasted;
	readonly targets: readonly { readonly told: Told; readonly prompt: string }[];
	/** Eight earlier prompts that ask for a value, and were disliked for it. */
	disliking(value: string): { readonly prompt: string; readonly intensity: number }[];
}

const DISLIKED = 8;

/** A user's number and the seed alone decide, as with `makeUsers`. */
export function makeDislikingUsers(count: number, seed: number): DislikingUser[] {
	return makeUsers(count, seed).map((user) => {
		const random = new RandomState((seed * 10_007 + 5_003 + user.number) % 2 ** 32);
		const draw = (below: number) => random.randint(0, below, 1)[0]!;
		const tasted = new Set<string>(user.tastes.map(({ attribute }) => attribute));
		const free = (Object.keys(TASTES) as Tasted[]).filter((name) => !tasted.has(name));
		const attribute = free[draw(free.length)]!;
		const [wording, disliked] = [captions(draw(2 ** 31)), draw(2 ** 31)];
		const targets = user.targets.map(({ told }) => {
			const open: Told = { ...told, [attribute]: undefined };
			return { told: open, prompt: wording.describe(open) };
		});
		const disliking = (value: string) => {
			const source = captions(disliked);
			const fixed = { [attribute]: value };
			return Array.from({ length: DISLIKED }, (_, i) => ({
				prompt: source.describe({ ...source.tell(source.randomScene(fixed)), ...fixed }),
				intensity: -(0.5 + i / (2 * DISLIKED)),
			}));
		};
		return { user, attribute, targets, disliking };
	});
}
