/** Fixtures are TypeScript; the processes under test run what this makes of them. */
export default async function setup(): Promise<void> {
  const { buildPrograms } = (await import(new URL('../../.ci/build.mjs', import.meta.url).href)) as {
    buildPrograms(directory: string): Promise<void>;
  };
  await buildPrograms('test/fixtures');
  await buildPrograms('examples');
}
