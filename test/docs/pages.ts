/** Pages whose code is not run by this test, and what runs it. */
export const ELSEWHERE: Readonly<Record<string, string>> = {
  'docs/integrations.md': 'test/integrations/run.mjs',
};
