import { describe, expect, test } from "vitest";
import { ArgumentError, DrumError } from "./index.ts";

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
