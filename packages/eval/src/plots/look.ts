/** Eight colours that colour-blind readers can tell apart: after Okabe and Ito, for paper and for a dark page. */
const COLORS = [
	["#0072b2", "#56b4e9"],
	["#d55e00", "#ff8c42"],
	["#009e73", "#2fd3a2"],
	["#b5488f", "#e69ac6"],
	["#b07d00", "#ffc04d"],
	["#5b4db2", "#b3a6f5"],
	["#7a4a21", "#d9a679"],
	["#4d4d4d", "#c8c8c8"],
] as const;

/** Once the colours are used up, lines come back dashed. */
const DASHES = [undefined, "6 4", "2 3", "8 3 2 3"] as const;

export interface SeriesLook {
	readonly color: string;
	readonly dash: string | undefined;
	/** In which the dark colour stands. */
	readonly className: string;
}

export function lookOf(series: number): SeriesLook {
	const color = series % COLORS.length;
	const dash = DASHES[Math.floor(series / COLORS.length) % DASHES.length];
	return { color: COLORS[color]![0], dash, className: `drum-series-${color}` };
}

export const INK = { background: "#ffffff", text: "#1f2328", grid: "#d8dee4" } as const;

/** Colours stand in attributes, which every viewer knows; a dark page's override them. */
export const DARK_STYLE = [
	"@media (prefers-color-scheme: dark) {",
	".drum-background { fill: #0d1117; }",
	".drum-text { fill: #e6edf3; }",
	".drum-grid { stroke: #30363d; }",
	...COLORS.map(([, dark], i) => `.drum-series-${i} .drum-stroke { stroke: ${dark}; }`),
	...COLORS.map(([, dark], i) => `.drum-series-${i} .drum-fill { fill: ${dark}; }`),
	"}",
].join(" ");
