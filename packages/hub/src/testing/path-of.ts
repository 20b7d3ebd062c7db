import type { ByteSource } from "@drum/tensor";

/** Where a repository's file lies on this machine, by the name that it has there. */
export async function pathOf(file: Promise<ByteSource>): Promise<string> {
	return (await file).name;
}
