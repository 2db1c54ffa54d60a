// Stories of rollouts, told side by side: all of one program run share a cluster and one controller process, each has a
// namespace of its own. A story is a coroutine that throws Unmet when something is not as it should be.
#pragma once

#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/test/unit_test.hpp>

#include "test/cluster/controller_process.h"
#include "test/cluster/world.h"

namespace sluice::cluster_test {

// What a story plays in.
struct Scene {
  World& w;
  Admin& admin;
  std::string ns;
};

using Story = net::awaitable<void> (*)(Scene);

// Registers a story; stories that are selected on the command line begin together when the first one is waited for.
bool begin_with_the_others(const char* name, Story story);
// Waits for the end of one of them, and reports how it went as the result of the present test case.
void finish(const char* name);
// The process that serves the stories, as deploy/controller.yaml would run it. Started when it is first asked for.
ControllerProcess& story_controller();
// Ends it, so that a test can run processes of its own.
void end_story_controller();

}  // namespace sluice::cluster_test

// A story, in a suite called `stories`. Its body is a coroutine with the parameter `Scene scene`.
#define SLUICE_STORY(name)                                                 \
  net::awaitable<void> name##_story(Scene scene);                          \
  const bool name##_is_known = begin_with_the_others(#name, name##_story); \
  BOOST_AUTO_TEST_CASE(name) { finish(#name); }                            \
  net::awaitable<void> name##_story(Scene scene)
