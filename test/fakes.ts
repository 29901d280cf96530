/**
 * Every plug-in of a registry with each of its fakes: most have one, and one that stands for many services has further ones, by the names of
 * these.
 */
export async function eachFake<Fake, Plugin>(
  folder: 'rotators' | 'dependents',
  names: readonly string[],
  take: (name: string) => Promise<Plugin | undefined>,
): Promise<readonly { readonly name: string; readonly plugin: Plugin; readonly fake: Fake }[]> {
  const all = names.map(async (name) => {
    const plugin = await take(name);
    if (plugin === undefined) throw new Error(`the plug-in ${name} of the registry is missing`);
    const { fake, examples = {} } = (await import(`../${folder}/${name}/fake.ts`)) as Fakes<Fake>;
    const others = Object.entries(examples).map(([example, each]) => ({ name: `${name} (${example})`, plugin, fake: each }));
    return [{ name, plugin, fake }, ...others];
  });
  return (await Promise.all(all)).flat();
}

interface Fakes<Fake> {
  readonly fake: Fake;
  readonly examples?: Readonly<Record<string, Fake>>;
}
