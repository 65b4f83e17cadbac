import { playQuick } from './play-quick.js';
import { grantScenarios } from './scenarios/index.js';

playQuick(grantScenarios);
