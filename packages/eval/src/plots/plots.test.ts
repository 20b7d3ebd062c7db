import { ArgumentError } from "@drum/tensor";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type LinePlotOptions, linePlot, type PlotPoint, scatterPlot } from "../index.ts";

// Oracle: what is drawn, read back from the text by hand; XML's rules.

const OPTIONS: LinePlotOptions = {
	title: "Sampling",
	x: { label: "Ratio" },
	y: { label: "Text align" },
	series: [
		{
			name: "Coreset",
			points: [
				[0, 60],
				[0.5, 62],
				[1, 64],
			],
			band: [
				[59, 61],
				[61, 63],
				[60, 70],
			],
		},
		{
			name: "Random",
			points: [
				[0, 50],
				[1, 58],
			],
		},
	],
};

/** What stands in the elements of a name. */
const texts = (svg: string, name: string) =>
	Array.from(svg.matchAll(new RegExp(`<${name}[^>]*>([^<]*)</${name}>`, "g")), ([, text]) => text);

/** Numbers of an attribute of all elements of a name. */
const numbers = (svg: string, name: string, attribute: string) =>
	Array.from(svg.matchAll(new RegExp(`<${name} [^>]*\\b${attribute}="([^"]*)"`, "g")), ([, value]) => Number(value));

/** Fails where tags do not close each other, or text or attributes hold what XML forbids. */
function checkXML(svg: string): void {
	const open: string[] = [];
	const rest = svg.replace(/<(\/?)([a-z]+)((?: [\w:-]+="[^"<]*")*)(\/?)>/g, (_, closing, name, __, empty) => {
		if (closing) expect(open.pop()).toBe(name);
		else if (!empty) open.push(name);
		return "";
	});
	expect(open).toEqual([]);
	expect(rest).not.toMatch(/[<>]/);
	expect(svg.replace(/&(?:amp|lt|gt|quot);/g, "")).not.toMatch(/&/);
	expect(svg).not.toMatch(/[^\t\n\r -\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u);
	expect(svg).not.toContain("NaN");
}

describe("a line plot", () => {
	const svg = linePlot(OPTIONS);

	test("is an image with a title, labels and a legend, and the same each time", () => {
		checkXML(svg);
		expect(svg).toMatch(
			/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 640 400" width="640" height="400" role="img"/,
		);
		expect(texts(svg, "title")).toEqual(["Sampling"]);
		expect(texts(svg, "desc")).toEqual(["Text align over Ratio: Coreset, Random."]);
		for (const text of ["Sampling", "Ratio", "Text align", "Coreset", "Random"])
			expect(texts(svg, "text")).toContain(text);
		expect(linePlot(OPTIONS)).toBe(svg);
	});

	test("has its axes go over points and bands, in round numbers", () => {
		const labels = texts(svg, "text");
		for (const tick of ["50", "70", "0.0", "1.0"]) expect(labels).toContain(tick);
	});

	test("puts points where their values are", () => {
		const [cx, cy] = [numbers(svg, "circle", "cx"), numbers(svg, "circle", "cy")];
		expect(cx).toHaveLength(5);
		expect(cx[1]).toBeCloseTo((cx[0]! + cx[2]!) / 2, 1);
		expect([cx[3], cx[4]]).toEqual([cx[0], cx[2]]);
		// 60, 62, 64 are 2 apart, and 50 and 58 are 8.
		expect(cy[0]! - cy[1]!).toBeCloseTo(cy[1]! - cy[2]!, 1);
		expect((cy[3]! - cy[4]!) / (cy[0]! - cy[1]!)).toBeCloseTo(4, 1);
	});

	test("on a logarithmic axis puts factors at equal distances", () => {
		const points: PlotPoint[] = [
			[0, 1],
			[1, 0.1],
			[2, 0.01],
		];
		const loss = linePlot({ ...OPTIONS, y: { label: "Loss", log: true }, series: [{ name: "loss", points }] });
		const cy = numbers(loss, "circle", "cy");
		expect(cy[1]! - cy[0]!).toBeCloseTo(cy[2]! - cy[1]!, 1);
		for (const tick of ["1", "0.1", "0.01"]) expect(texts(loss, "text")).toContain(tick);
	});

	test("changes its colours on a dark page, and not its attributes' light ones", () => {
		expect(texts(svg, "style")[0]).toMatch(/^@media \(prefers-color-scheme: dark\) \{.*\}$/);
		expect(svg).toContain('stroke="#0072b2"');
	});

	test("tells more series apart than there are colours", () => {
		const series = Array.from({ length: 20 }, (_, i) => ({ name: `user ${i}`, points: OPTIONS.series[1]!.points }));
		const plot = linePlot({ ...OPTIONS, series });
		const looks = Array.from(plot.matchAll(/<line class="drum-stroke"[^>]*>/g), ([line]) => line);
		expect(new Set(looks).size).toBe(20);
	});

	test("marks points only where they are few", () => {
		const points = Array.from({ length: 400 }, (_, i): PlotPoint => [i, Math.sin(i)]);
		expect(linePlot({ ...OPTIONS, series: [{ name: "many", points }] })).not.toContain("<circle");
	});

	test("of one value alone has an axis around it", () => {
		for (const log of [false, true]) {
			const alone = [{ name: "one", points: [[3, 3] as const] }];
			const plot = linePlot({ title: "One", x: { label: "x", log }, y: { label: "y", log }, series: alone });
			checkXML(plot);
			expect(numbers(plot, "circle", "cx")[0]).toBeGreaterThan(100);
			expect(numbers(plot, "circle", "cx")[0]).toBeLessThan(540);
		}
	});

	test("is well-formed for any texts and values", () => {
		const text = fc.string({ unit: "binary" });
		const value = fc.double({ min: -1e300, max: 1e300, noNaN: true });
		const point = fc.tuple(value, value);
		fc.assert(
			fc.property(text, text, fc.array(point, { minLength: 1, maxLength: 8 }), (title, name, points) => {
				checkXML(linePlot({ title, x: { label: name }, y: { label: title }, series: [{ name, points }] }));
				checkXML(scatterPlot({ title, x: { label: name }, y: { label: title }, series: [{ name, points }] }));
			}),
		);
	});

	test("on logarithmic axes is well-formed for any positive values", () => {
		const value = fc.double({ min: 1e-300, max: 1e300, noNaN: true });
		const points = fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 8 });
		const axis = { label: "any", log: true };
		const draw = (values: PlotPoint[]) =>
			checkXML(linePlot({ title: "Any", x: axis, y: axis, series: [{ name: "any", points: values }] }));
		fc.assert(fc.property(points, draw));
	});

	const with_ = (change: Partial<LinePlotOptions>) => () => linePlot({ ...OPTIONS, ...change });
	test.each<[string, () => unknown, string]>([
		["no series", with_({ series: [] }), "series"],
		["a series without points", with_({ series: [{ name: "empty", points: [] }] }), "series empty"],
		["a point that is none", with_({ series: [{ name: "a", points: [[1, Number.NaN]] }] }), "y of point 0 of a"],
		["0 on a logarithmic axis", with_({ x: { label: "x", log: true } }), "x of point 0 of Coreset"],
		["a band too short", with_({ series: [{ ...OPTIONS.series[0]!, band: [[1, 2]] }] }), "band of Coreset"],
		["no room", with_({ width: 100 }), "width"],
		["a height that is none", with_({ height: Number.NaN }), "height"],
	])("refuses %s", (_, call, what) => {
		expect(call).toThrow(ArgumentError);
		expect(call).toThrow(what);
	});
});

test("a scatter plot has a mark for each point and each name, of its series' shape", () => {
	const svg = scatterPlot(OPTIONS);
	checkXML(svg);
	const marks = Array.from(svg.matchAll(/<path [^>]*\bd="([^"]*)"/g), ([, shape]) => shape);
	expect(marks).toHaveLength(5 + 2);
	expect(new Set(marks).size).toBe(2);
	expect(() => scatterPlot({ ...OPTIONS, series: [] })).toThrow(ArgumentError);
});
