/** Apart from quick.test.ts, so that another worker can play them at the same time. */
import { playQuick } from './play-quick.js';
import { lifeScenarios } from './scenarios/index.js';

playQuick(lifeScenarios);
