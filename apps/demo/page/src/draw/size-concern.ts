import type { Model } from "../../../api/index.ts";

/** Half or twice as many pixels as a model was made for still go well. */
const [LEAST, MOST] = [0.5, 2];

/** What is to be said of a size that a model was not made for. */
export function sizeConcern(
	{ id, defaults }: Model,
	width = defaults.width,
	height = defaults.height,
): string | undefined {
	const share = (width * height) / (defaults.width * defaults.height);
	if (share >= LEAST && share <= MOST) return undefined;
	const made = `${id} was made for ${defaults.width} × ${defaults.height}`;
	return share > MOST
		? `${made}: ${width} × ${height} takes at least ${Math.round(share)} times as long, and tends to repeat what is on it.`
		: `${made}: at ${width} × ${height} pictures tend to fall apart.`;
}
