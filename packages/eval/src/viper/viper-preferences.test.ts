import { describe, expect, test } from "vitest";
import { AnswerError, type ChatModel, viperPreferences } from "../index.ts";

/** Answers with this, and notes what it was asked. */
function chatOf(answer: string) {
	const asked: string[] = [];
	const chat: ChatModel = {
		async complete(messages) {
			asked.push(messages[0]!.content);
			return answer;
		},
	};
	return { chat, asked };
}

/** What stood under a heading. */
const listed = (asked: string, heading: string) => asked.split(`${heading}:\n`)[1]!.split("\n\n")[0]!.split("\n");

describe("a user's attributes", () => {
	test("are asked for from the prompts that were liked most, and least", async () => {
		const { chat, asked } = chatOf("Liked: teal, fog\nDisliked: noise");
		const history = [
			{ prompt: "a red\ncastle", intensity: 2 },
			{ prompt: "a blue dog", intensity: 5 },
			{ prompt: "the moon", intensity: -1 },
			{ prompt: "a castle in fog", intensity: 5 },
		];
		expect(await viperPreferences({ history }, { chat })).toEqual({ liked: ["teal", "fog"], disliked: ["noise"] });
		expect(listed(asked[0]!, "Liked pictures")).toEqual(["1. a castle in fog", "2. a blue dog", "3. a red castle"]);
		expect(listed(asked[0]!, "Disliked pictures")).toEqual(["1. the moon"]);
	});

	test("are asked for from eight of each at most, and from none disliked where all are liked alike", async () => {
		const { chat, asked } = chatOf("Liked: teal");
		const history = Array.from({ length: 30 }, (_, i) => ({ prompt: `p${i}`, intensity: i }));
		await viperPreferences({ history }, { chat });
		expect(listed(asked[0]!, "Liked pictures")).toHaveLength(8);
		expect(listed(asked[0]!, "Disliked pictures").at(-1)).toBe("8. p0");
		await viperPreferences({ history: history.map(({ prompt }) => ({ prompt })) }, { chat });
		expect(listed(asked[1]!, "Liked pictures")[0]).toBe("1. p29");
		expect(listed(asked[1]!, "Disliked pictures")).toEqual(["(none)"]);
	});

	test("are none in an answer without any", async () => {
		const { chat } = chatOf("I would rather not.");
		await expect(viperPreferences({ history: [{ prompt: "a" }] }, { chat })).rejects.toThrow(AnswerError);
	});
});
