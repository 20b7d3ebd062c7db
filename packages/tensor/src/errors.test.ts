import { describe, expect, test } from "vitest";
import { ArgumentError, DrumError, FileError } from "./index.ts";

describe("DrumError", () => {
	const error = new ArgumentError({ what: "alpha", expected: "a number from 0 to 1", found: "2", next: "Try 0.3" });

	test("says the thing, what was expected, what was found and how to mend it", () => {
		expect(error.message).toBe("alpha: expected a number from 0 to 1, found 2. Try 0.3");
		expect(error).toMatchObject({ name: "ArgumentError", code: "argument", what: "alpha", found: "2" });
	});

	test("is known across copies of the package, and other errors are not", () => {
		const copy = Object.assign(new Error("other copy"), { [Symbol.for("@drum/error")]: true });
		expect([error, copy, new Error("x"), null, "x"].map(DrumError.is)).toEqual([true, true, false, false, false]);
	});
});

describe("the text of a DrumError", () => {
	test("is one printable line, whatever a name or a message of a stranger holds", () => {
		const error = new FileError({ what: "a\u001b]0;x\u0007b", found: "line 1\nline 2\u202e" });
		expect(error.message).toBe("a\\u001b]0;x\\u0007b: found line 1\\nline 2\\u202e");
		expect(error).toMatchObject({ what: "a\\u001b]0;x\\u0007b", found: "line 1\\nline 2\\u202e" });
	});

	test("is cut where a field has no end", () => {
		expect(new FileError({ what: "x".repeat(1e6), found: "y".repeat(1e6) }).message.length).toBeLessThan(4100);
	});

	test("shows a field of another type, which plain JavaScript may give", () => {
		const found = ["a"] as unknown as string;
		expect(new ArgumentError({ what: "scheduler", found }).message).toBe('scheduler: found ["a"]');
	});
});
