/** Apart from quick.test.ts, so that another worker can play them at the same time. */
import { playQuick } from './play-quick.js';
import { databaseScenarios } from './scenarios/index.js';

playQuick(databaseScenarios);
