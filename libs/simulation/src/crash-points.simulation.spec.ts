import { crashPoints, runCrash } from './crash-points';

const SEED = 1;
/** `npm run simulate` tries all of them. */
const EVERY = 24;

describe('a crash at a record that is written', () => {
  it('C-10, C-12, C-33: whether it reached the medium or not, contradicts nothing and loses nothing', () => {
    const points = crashPoints(SEED);
    expect(new Set(points.map(({ replica }) => replica)).size).toBe(4);
    expect(points.length).toBeGreaterThan(300);
    const outcomes = points.filter((_, index) => index % EVERY < 2).map((point) => runCrash(SEED, point));
    expect(outcomes.filter(({ violations, recovered }) => violations.length > 0 || !recovered)).toEqual([]);
  });
});
