import { describe, expect, it } from "vitest";
import { failureOf, failureOfProblem, retryAfter } from "./failure.ts";

describe("a refusal", () => {
	it("is told as its problem document tells it, with what is wrong and when to try again", async () => {
		const problem = {
			type: "urn:drum:problem:invalid",
			title: "The request is wrong",
			status: 422,
			detail: "Two fields",
			errors: [
				{ at: "/items/3/prompt", message: "expected text" },
				{ at: "/historyId", message: "expected one with a prompt." },
				{ at: "line 12", message: "expected an intensity" },
				{ at: "", message: "it has no prompts" },
				{ at: "model", message: "expected tiny" },
				{ at: "/seed", message: "expected a number" },
				{ at: "/width", message: "expected a number" },
			],
		};
		const headers = { "content-type": "application/problem+json; charset=utf-8", "retry-after": "12" };
		const now = performance.now();
		const failure = await failureOf(new Response(JSON.stringify(problem), { status: 422, headers }));
		expect(failure).toMatchObject({ message: "The request is wrong", status: 422 });
		expect(failure.detail?.split("\n")).toEqual([
			"Two fields.",
			"Prompt 4: expected text.",
			"History: expected one with a prompt.",
			"Line 12: expected an intensity.",
			"It has no prompts.",
			"Model: expected tiny.",
			"And 2 more.",
		]);
		expect(failure.retryAt).toBeGreaterThanOrEqual(now + 12_000);
	});

	it("speaks the page's language where the service speaks to programs", () => {
		const refused = failureOfProblem({
			type: "urn:drum:problem:invalid",
			title: "The request is not valid",
			status: 422,
		});
		expect(refused.message).toBe("The service cannot take this as it is");
	});

	it.each([
		["a proxy's page", new Response("<h1>Bad gateway</h1>", { status: 502, headers: { "content-type": "text/html" } })],
		["a document cut off", new Response("{", { status: 502, headers: { "content-type": "application/problem+json" } })],
	])("of %s still has its status", async (_, response) => {
		expect(await failureOf(response)).toMatchObject({ status: 502, message: "The service could not answer" });
	});
});

describe("Retry-After", () => {
	it("is seconds or a date", () => {
		expect(retryAfter("30", 1000)).toBe(30_000);
		expect(retryAfter("Wed, 21 Oct 2026 07:28:00 GMT", Date.UTC(2026, 9, 21, 7, 27))).toBe(60_000);
		expect(retryAfter("soon", 0)).toBeUndefined();
		expect(retryAfter(null, 0)).toBeUndefined();
	});
});
