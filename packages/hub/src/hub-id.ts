/** Checks a name by the hub's rule, as huggingface_hub's `validate_repo_id` does, but always requires an owner. */
export function isHubId(source: string): boolean {
	const part = /^[A-Za-z0-9_](?:[\w.-]*[A-Za-z0-9_])?$/;
	const parts = source.split("/");
	return (
		parts.length === 2 &&
		source.length <= 96 &&
		!/--|\.\.|\.git$/.test(source) &&
		parts.every((each) => part.test(each))
	);
}
