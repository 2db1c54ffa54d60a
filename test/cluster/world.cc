// The one world, as a global fixture of the test program.
#include "test/cluster/world.h"

#include <fstream>
#include <memory>

#include <boost/test/unit_test.hpp>

#include "test/cluster/expect.h"

namespace sluice::cluster_test {
namespace {

std::unique_ptr<World> the_world;

struct Global {
  void setup() { the_world = std::make_unique<World>(); }
  void teardown() { the_world.reset(); }
};
BOOST_TEST_GLOBAL_FIXTURE(Global);

kube::Log log_to_result(kube::Clock& clock) {
  auto file = std::make_shared<std::ofstream>(result_path("cluster_library.log"));
  return {kube::LogLevel::debug, kube::LogFormat::text, [&clock] { return clock.now(); },
          [file](std::string_view line) { *file << line << std::endl; }};
}

kube::ClusterAccess access_of(const std::string& kubeconfig) {
  kube::AccessChoice choice;
  choice.kubeconfig = kubeconfig;
  return needed(kube::find_cluster_access(choice, kube::process_environment()));
}

}  // namespace

World::World()
    : log(log_to_result(clock)),
      plane(io, clock),
      transport(access_of(plane.kubeconfig("admin")), clock, kube::HttpTransportOptions()),
      client(transport),
      admin(client, clock) {}

World& world() {
  expect(the_world != nullptr, "the control plane is not running");
  return *the_world;
}

kube::ClusterAccess access_as(const std::string& user) { return access_of(world().plane.kubeconfig(user)); }

}  // namespace sluice::cluster_test
