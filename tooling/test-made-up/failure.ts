import { DrumError } from "@drum/tensor";

/** The error, one of these packages' own, with which a call fails. */
export async function failureOf(call: () => unknown): Promise<DrumError> {
	try {
		await call();
	} catch (error) {
		if (DrumError.is(error)) return error;
		throw error;
	}
	throw new Error("the call did not fail");
}
