import { checkHistory } from "@drum/peca";
import { ArgumentError, DownloadError } from "@drum/tensor";
import { startJsonServer } from "@drum/test-server";
import { expect, onTestFinished, test } from "vitest";
import {
	type CaptionCache,
	type CommentedPicture,
	commentsHash,
	parsePreferences,
	preferenceHistory,
	VisionEndpoint,
	visualPreferences,
} from "./index.ts";

const grey = { width: 2, height: 2, data: new Uint8Array(12).fill(128) };

async function seer(content: string) {
	const server = await startJsonServer(() => ({ json: { choices: [{ message: { content } }] } }));
	onTestFinished(() => server[Symbol.asyncDispose]());
	return { server, endpoint: new VisionEndpoint({ baseUrl: server.url, apiKey: "key" }) };
}

test("comments on pictures become attributes, and these a history of likes and dislikes", async () => {
	const { server, endpoint } = await seer("Liked: teal, flowing lines\nDisliked: flat colours, Teal");
	const pictures = [
		{ image: grey, comment: "Lovely colours!" },
		{ image: grey, comment: "too\nflat" },
	];
	const preferences = await visualPreferences(pictures, endpoint);
	expect(preferences).toEqual({ liked: ["flowing lines"], disliked: ["flat colours"] });
	expect(checkHistory(preferenceHistory(preferences))).toEqual([
		{ prompt: "flowing lines", intensity: 1 },
		{ prompt: "flat colours", intensity: -1 },
	]);
	const kept = new Map<string, string>();
	const cache: CaptionCache = {
		get: async (hash, name) => kept.get(`${hash} ${name}`),
		set: async (hash, name, text) => void kept.set(`${hash} ${name}`, text),
		forget: async () => {},
	};
	for (let i = 0; i < 2; i++) expect(await visualPreferences(pictures, endpoint, { cache })).toEqual(preferences);
	expect([...kept.keys()]).toEqual([`${await commentsHash(pictures)} ${endpoint.name}`]);
	expect(server.seen).toHaveLength(2);
	const [{ content }] = JSON.parse(server.seen[0]!.body).messages;
	expect(content.map(({ type, text }: { type: string; text?: string }) => (type === "text" ? text : type))).toEqual([
		expect.stringContaining("which artistic features this person likes"),
		...["image_url", "Comment 1: Lovely colours!", "image_url", "Comment 2: too flat"],
		expect.stringContaining("Liked: keyword"),
	]);
});

test.each([
	["**Liked Art Features:** teal, soft light.\n\n**Disliked Art Features:** none", ["teal", "soft light"], []],
	["Liked:\n- teal\n- soft light\nDisliked:\n- noise", ["teal", "soft light"], ["noise"]],
	["Disliked: noise; blur\nLiked: teal", ["teal"], ["noise", "blur"]],
	["Liked: teal, Teal, TEAL\nDisliked:", ["TEAL"], []],
])("attributes are read from %j", (answer, liked, disliked) => {
	expect(parsePreferences(answer)).toEqual({ liked, disliked });
});

test.each(["", "I cannot help with that.", "Liked: none\nDisliked: none", "Liked: a\nDisliked: A"])(
	"an answer without attributes gives none: %j",
	async (answer) => {
		expect(parsePreferences(answer)).toBeUndefined();
		if (answer === "") return;
		const { endpoint } = await seer(answer);
		const asked = visualPreferences([{ image: grey, comment: "fine" }], endpoint);
		await expect(asked).rejects.toThrow(DownloadError);
		await expect(asked).rejects.toThrow(/expected lines “Liked: …”/);
	},
);

test.each<[string, CommentedPicture[], RegExp]>([
	["no pictures", [], /pictures: expected 1 to 20 with comments, found 0/],
	["too many", Array(21).fill({ image: grey, comment: "a" }), /found 21/],
	["no comment", [{ image: grey, comment: " " }], /comment of picture 0/],
	["no picture", [{ image: new Uint8Array(3), comment: "a" }], /picture 0: expected a whole PNG/],
])("%s are refused, and nobody is asked", async (_, pictures, message) => {
	const { server, endpoint } = await seer("Liked: a");
	const asked = visualPreferences(pictures, endpoint);
	await expect(asked).rejects.toThrow(ArgumentError);
	await expect(asked).rejects.toThrow(message);
	expect(server.seen).toEqual([]);
});
