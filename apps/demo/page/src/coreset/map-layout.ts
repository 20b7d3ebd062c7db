import type { MapPoint, Pick } from "../../../api/index.ts";

/** A prompt's place in the drawing. */
export interface Dot {
	point: MapPoint;
	/** Set where the prompt was chosen. */
	pick: Pick | undefined;
	x: number;
	y: number;
	radius: number;
}

/** Most prompts that are drawn beside the chosen ones: more would hide each other and be slow. */
export const MOST_DOTS = 1500;

interface Frame {
	width: number;
	height: number;
	margin: number;
}

/**
 * Places a profile's map in a frame. Both axes have one scale, so distances mean the same in all directions. Chosen prompts come
 * last, and so are drawn above the others, in the order chosen.
 */
export function layMap({ map, picks }: Mapped, frame: Frame): Dot[] {
	const picked = new Map(picks.map((pick) => [pick.entryId, pick]));
	const others = thin(map.filter(({ entryId }) => !picked.has(entryId)));
	const chosen = map
		.filter(({ entryId }) => picked.has(entryId))
		.sort((a, b) => picked.get(a.entryId)!.rank - picked.get(b.entryId)!.rank);
	const place = placer(map, frame);
	const heaviest = picks.reduce((most, { weight }) => Math.max(most, weight), 0);
	// Many have to be small.
	const largest = Math.min(15, Math.max(6, 90 / Math.sqrt(picks.length || 1)));
	const dots = [...others, ...chosen].map((point) => {
		const pick = picked.get(point.entryId);
		// The area tells the weight.
		const radius = pick ? largest * (0.5 + 0.5 * Math.sqrt(heaviest > 0 ? pick.weight / heaviest : 0)) : largest / 3.5;
		return { point, pick, ...place(point), radius };
	});
	return spread(dots, frame);
}

/** Dots so near are one spot: their prompts are equal, or as good as. */
const SPOT = 2;
const GOLDEN_ANGLE = Math.PI * (3 - Math.sqrt(5));

/** Equal prompts have one spot: they are laid around it in a spiral, chosen ones in the middle, so that none hides another. */
function spread(dots: readonly Dot[], frame: Frame): Dot[] {
	const spots = Map.groupBy(dots, ({ x, y }) => `${Math.round(x / SPOT)} ${Math.round(y / SPOT)}`);
	const laid = new Map([...spots.values()].filter(({ length }) => length > 1).flatMap((spot) => spiral(spot, frame)));
	return dots.map((dot) => laid.get(dot) ?? dot);
}

function spiral(spot: readonly Dot[], { width, height }: Frame): [Dot, Dot][] {
	const inwards = spot.toSorted((a, b) => (a.pick?.rank ?? spot.length) - (b.pick?.rank ?? spot.length));
	// Each takes as much of the spiral's area as its disc, and some room.
	let area = 0;
	const reaches = inwards.map(({ radius }, i) => {
		const room = 2.4 * radius ** 2;
		area += room;
		return i === 0 ? 0 : Math.sqrt(area);
	});
	const [farthest, { radius }] = [Math.max(...reaches), inwards[0]!];
	const scale = Math.min(1, (Math.min(width, height) / 2 - radius) / farthest);
	const extent = farthest * scale + radius;
	const within = (at: number, length: number) => Math.min(Math.max(at, extent), length - extent);
	const [x, y] = [within(spot[0]!.x, width), within(spot[0]!.y, height)];
	return inwards.map((dot, i) => {
		const [reach, angle] = [reaches[i]! * scale, i * GOLDEN_ANGLE];
		return [dot, { ...dot, x: x + reach * Math.cos(angle), y: y + reach * Math.sin(angle) }];
	});
}

/** What is drawn of a profile. */
type Mapped = { map: readonly MapPoint[]; picks: readonly Pick[] };

/** The dot nearest to a place, within `reach`; a dot's own disc counts as near. */
export function nearestDot(dots: readonly Dot[], x: number, y: number, reach: number): Dot | undefined {
	let [best, least] = [undefined as Dot | undefined, reach];
	for (const dot of dots) {
		const distance = Math.hypot(dot.x - x, dot.y - y) - dot.radius;
		if (distance <= least) [best, least] = [dot, distance];
	}
	return best;
}

/** The next dot in a direction: the nearest of those that lie more in that direction than beside it. */
export function dotTowards(dots: readonly Dot[], from: Dot, dx: number, dy: number): Dot | undefined {
	let [best, least] = [undefined as Dot | undefined, Number.POSITIVE_INFINITY];
	for (const dot of dots) {
		const along = (dot.x - from.x) * dx + (dot.y - from.y) * dy;
		const beside = Math.abs((dot.x - from.x) * dy - (dot.y - from.y) * dx);
		const cost = along + 2 * beside;
		if (dot !== from && along > 0 && beside <= 2 * along && cost < least) [best, least] = [dot, cost];
	}
	return best;
}

function placer(map: readonly MapPoint[], { width, height, margin }: Frame) {
	const [left, right] = bounds(map.map(({ x }) => x));
	const [low, high] = bounds(map.map(({ y }) => y));
	const [across, up] = [right - left || 1, high - low || 1];
	const scale = Math.min((width - 2 * margin) / across, (height - 2 * margin) / up);
	return ({ x, y }: MapPoint) => ({
		x: width / 2 + (x - (left + right) / 2) * scale,
		y: height / 2 - (y - (low + high) / 2) * scale,
	});
}

function bounds(values: readonly number[]): [number, number] {
	return values.reduce(
		([low, high], value) => [Math.min(low, value), Math.max(high, value)],
		[values[0] ?? 0, values[0] ?? 0],
	);
}

function thin<T>(all: readonly T[]): T[] {
	const step = all.length / Math.min(all.length || 1, MOST_DOTS);
	return Array.from({ length: Math.min(all.length, MOST_DOTS) }, (_, i) => all[Math.floor(i * step)]!);
}
