// What a person is told about a scenario, kept as files in test/data/golden and compared word for word.
//
// With SLUICE_WRITE_GOLDEN=1 the files are written anew, to be read as their readers will before they are committed.
#pragma once

#include <string>

#include "test/simulation/story.h"

namespace sluice::simulation {

// What `kubectl sluice explain rollout web` says now: <id>.explain.txt.
void expect_explained(const std::string& id, Story& story);
// What `kubectl sluice simulate` says about an update of the story's manifests to another image, where a person
// promotes after a minute: <id>.simulate.txt. For a story that has begun and whose update has not.
// `more` are further manifests.
void expect_rehearsed(const std::string& id, const Story& story, const std::string& more = "");

}  // namespace sluice::simulation
