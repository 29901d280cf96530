import type { Happening } from '../engine/ports.ts';
import { placeNames } from '../local/places.ts';
import { releaseToken } from '../local/story.ts';
import { type OperationsStage, openSecret } from './tour-operations.ts';

/** The last act: one token whose six places keep their copies in six ways. */
export interface SixPlacesReport {
  readonly foreignNamed: boolean;
  readonly allPutBack: boolean;
  readonly rotated: boolean;
}

const [drifting, second, third, refusing] = placeNames;

export async function playSixPlaces({ story, events, scene, expect }: OperationsStage): Promise<SixPlacesReport> {
  const { places, releaseForge } = story;
  const release = await openSecret(story, releaseToken.secret, 'gitlab');
  const failureOf = async (rotate: () => Promise<void>) => {
    const before = events.length;
    await rotate();
    const failure = events.slice(before).find(({ detailType }) => detailType === 'rotation.failed');
    return failure?.detail as Partial<Happening> | undefined;
  };
  const everyPlaceHas = async (token: string) => Object.values(await story.heldBySix()).every((held) => held === token);

  scene('One token in six places, and somebody has changed one by hand');
  await release.rotate();
  const first = (await release.value()) ?? '';
  expect('six places of six kinds have the token', first !== '' && (await everyPlaceHas(first)));
  const theirs = 'somebody-elses-value';
  places.writeByHand(drifting, theirs);
  const before = await story.heldBySix();
  const writesBefore = releaseForge.writes();
  const foreign = await failureOf(release.rotate);
  const isUntouched = isSame(before, await story.heldBySix()) && before[drifting] === theirs;
  const isNamed = foreign?.code === 'foreign' && foreign.message?.startsWith(`${drifting}:`) === true;
  const foreignNamed = isNamed && isUntouched && releaseForge.writes() === writesBefore && (await release.value()) === first;
  expect('the rotation stops before it makes a token, names the place, and overwrites nothing', foreignNamed);

  scene('Given back; then the fourth place refuses for good, when three have the new token');
  places.writeByHand(drifting, first);
  await story.release(releaseToken.secret);
  places.refuseAt(refusing);
  const refused = await failureOf(release.rotate);
  const atRefusal = places.heldAtRefusal();
  const fresh = atRefusal?.[drifting];
  const wereWritten =
    fresh !== undefined &&
    fresh !== first &&
    [second, third].every((name) => atRefusal?.[name] === fresh) &&
    atRefusal?.[refusing] === first;
  expect('three places had the new token when the fourth refused it', wereWritten);
  const isRefusalNamed = refused?.code === 'dependent-failed' && refused.message?.startsWith(`${refusing}:`) === true;
  const allPutBack = wereWritten && isRefusalNamed && (await release.value()) === first && (await everyPlaceHas(first));
  expect('all three are put back: read one by one, six places have the token in use', allPutBack);

  scene('Mended, and it goes through');
  places.refuseAt(undefined);
  await story.release(releaseToken.secret);
  await release.rotate();
  const next = (await release.value()) ?? '';
  const isNew = ![first, fresh, ''].includes(next) && releaseForge.ask(next) === 200;
  const rotated = isNew && (await everyPlaceHas(next));
  expect('six places of six kinds have the new token', rotated);
  return { foreignNamed, allPutBack, rotated };
}

function isSame(one: object, other: object): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
