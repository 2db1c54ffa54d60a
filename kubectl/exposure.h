// How long a canary must run: from traffic and what is asked to time and requests.
#pragma once

#include <string>
#include <vector>

#include "analysis/compare/settings.h"
#include "analysis/sequential/power.h"

namespace sluice::kubectl {

struct ExposureQuestion {
  double rps = 0;               // of both arms together; above 0
  std::vector<double> shares;   // of the canary, each between 0 and 1
  double base_rate = 0;         // bad requests of the stable version, as a fraction; above 0
  std::vector<double> effects;  // ratios that are to be found
  double wanted = .8;           // probability
  double duration = 1800;       // seconds that the gate has
  analysis::compare::Settings settings;
};

// One row. Times are seconds; infinity when it does not happen.
struct Exposure {
  double share = 0;
  double effect = 0;           // 0 in the row of a healthy canary, which passes
  double typical = 0;          // half of the runs have their verdict about then
  double sure = 0;             // with the wanted probability
  double canary_requests = 0;  // until `sure`
  double within = 0;           // probability within the duration
};

struct ExposurePlan {
  ExposureQuestion question;
  std::vector<Exposure> rows;
  // The smallest regression that is found within the duration, per share; infinity for none up to 1000x.
  std::vector<double> promised;
};

ExposurePlan plan_exposure(const ExposureQuestion& question);

// The plan of one block of this traffic.
analysis::sequential::Plan block_plan(const ExposureQuestion& question, double share, double effect);

// A table and what it means.
std::string exposure_text(const ExposurePlan& plan);

// "25m", "4.2h", "never".
std::string exposure_time(double seconds);

}  // namespace sluice::kubectl
