import { ArgumentError, DownloadError } from "@drum/tensor";
import { describe, expect, test } from "vitest";
import { bm25Retrieval, type ChatModel, pmg, type Retrieval, tailoredVisions } from "../index.ts";

/** Answers with these texts, one after another, and notes what it was asked. */
function chatOf(...answers: string[]) {
	const asked: string[] = [];
	const chat: ChatModel = {
		async complete(messages, { signal } = {}) {
			signal?.throwIfAborted();
			expect(messages.map(({ role }) => role)).toEqual(["user"]);
			asked.push(messages[0]!.content);
			return answers[asked.length - 1]!;
		},
	};
	return { chat, asked };
}

const HISTORY = [
	{ prompt: "a red castle by the sea", intensity: 2 },
	{ prompt: "a blue dog,\noil on canvas", intensity: 5 },
	{ prompt: "the moon" },
	{ prompt: "a castle in fog", intensity: 5 },
	{ prompt: "a cat in fog at night", intensity: 3 },
];
const user = { history: HISTORY, targets: ["a castle", "fog"] };

describe("Tailored Visions", () => {
	test("asks for each target, rewritten after the three prompts that are nearest", async () => {
		const { chat, asked } = chatOf("a castle, oil on canvas", "fog");
		const { prompts, retrieved } = await tailoredVisions(user, { chat, retrieval: bm25Retrieval });
		expect(prompts).toEqual(["a castle, oil on canvas", "fog"]);
		expect(retrieved.map((each) => each.length)).toEqual([3, 3]);
		expect(retrieved[0]!.slice(0, 2)).toEqual(["a castle in fog", "a red castle by the sea"]);
		for (const [i, target] of user.targets.entries()) {
			const lines = asked[i]!.split("\n");
			const numbered = retrieved[i]!.map((prompt, j) => `${j + 1}. ${prompt.replace("\n", " ")}`);
			expect(lines.filter((line) => /^\d\./.test(line))).toEqual(numbered);
			expect(lines).toContain(`New prompt: ${target}`);
			expect(asked[i]).toContain("70 words");
		}
	});

	test("retrieves from a history without repeats, in its order", async () => {
		const histories: (readonly string[])[] = [];
		const retrieval: Retrieval = async (history, prompts) => {
			histories.push(history);
			return prompts.map(() => []);
		};
		const prompts = ["a red cat on a mat by the sea", "a dog", "a red cat on a mat by the lake", "a dog"];
		const repeating = { targets: ["x"], history: prompts.map((prompt) => ({ prompt })) };
		await tailoredVisions(repeating, { chat: chatOf("y").chat, retrieval });
		expect(histories).toEqual([["a red cat on a mat by the sea", "a dog"]]);
	});

	test("takes another request, as the authors' own", async () => {
		const { chat, asked } = chatOf("a", "b");
		const template = (retrieved: readonly string[], target: string) => `${retrieved.length} for ${target}`;
		await tailoredVisions(user, { chat, retrieval: bm25Retrieval, template });
		expect(asked).toEqual(["3 for a castle", "3 for fog"]);
	});

	test.each([
		['"a castle,\n in fog"', "a castle, in fog"],
		["“a castle” ", "a castle"],
		['a "red" castle', 'a "red" castle'],
		["'a' and 'b'", "'a' and 'b'"],
	])("takes the prompt out of an answer: %s", async (answer, prompt) => {
		const { prompts } = await tailoredVisions(
			{ ...user, targets: ["x"] },
			{ chat: chatOf(answer).chat, retrieval: bm25Retrieval },
		);
		expect(prompts).toEqual([prompt]);
	});

	test("refuses what is no history, and stops by its signal", async () => {
		const options = { chat: chatOf("a").chat, retrieval: bm25Retrieval };
		await expect(tailoredVisions({ targets: ["a"], history: [{ prompt: "" }] }, options)).rejects.toBeInstanceOf(
			ArgumentError,
		);
		await expect(tailoredVisions({ targets: [], history: HISTORY }, options)).rejects.toBeInstanceOf(ArgumentError);
		await expect(tailoredVisions(user, { ...options, signal: AbortSignal.abort("enough") })).rejects.toBe("enough");
	});
});

describe("PMG", () => {
	test("asks once for keywords of what was liked most, the newest first, and puts them after each target", async () => {
		const { chat, asked } = chatOf("The keywords are: 1. Moody 2. oil painting. 3. 80's fantasy");
		const { prompts, keywords } = await pmg(user, { chat });
		expect(keywords).toEqual(["Moody", "oil painting", "80's fantasy"]);
		expect(prompts).toEqual(["a castle, Moody, oil painting, 80's fantasy", "fog, Moody, oil painting, 80's fantasy"]);
		expect(asked).toHaveLength(1);
		expect(asked[0]!.split("\n").filter((line) => /^\d\. /.test(line))).toEqual([
			"1. a castle in fog",
			"2. a blue dog, oil on canvas",
			"3. a cat in fog at night",
		]);
		expect(asked[0]).toContain("8 keywords");
	});

	test("looks at the newest where all are liked alike", async () => {
		const { chat, asked } = chatOf("1. a");
		const history = ["one", "two", "three", "four"].map((prompt) => ({ prompt }));
		await pmg({ targets: ["x"], history }, { chat, template: (liked, keywords) => `${keywords}: ${liked.join()}` });
		expect(asked).toEqual(["8: four,three,two"]);
	});

	test.each([
		["1. **Fog**\n2. castle, ruins,\n 3) été\n", ["Fog", "castle, ruins", "été"]],
		["1. a 2. b 3. c 4. d 5. e 6. f 7. g 8. h 9. i", ["a", "b", "c", "d", "e", "f", "g", "h"]],
		['1. "1980s" 2. film no. 9 3. fog 4. fog', ["1980s", "film no. 9", "fog"]],
	])("takes keywords out of an answer: %j", async (answer, keywords) => {
		expect((await pmg(user, { chat: chatOf(answer).chat })).keywords).toEqual(keywords);
	});

	test("fails by an answer without keywords, naming it", async () => {
		const promise = pmg(user, { chat: chatOf("I cannot help with that.").chat });
		await expect(promise).rejects.toBeInstanceOf(DownloadError);
		await expect(promise).rejects.toThrow(/expected keywords, numbered, found I cannot help/);
	});
});
