// Asking, fetching and reading real repositories.
#include "gitops/git_mirrors.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include "gitops/render.h"
#include "test/unit/gitops/git_fixture.h"

using namespace sluice;
using namespace sluice::gitops;
using sluice::gitops::test::Folder;
using sluice::gitops::test::GitRepository;

namespace {

struct World {
  Folder folder;
  GitRepository repository{folder.path() / "app.git"};
  boost::asio::io_context io{1};
  kube::RealClock clock;
  boost::asio::thread_pool pool{1};
  kube::Log log{kube::LogLevel::error, kube::LogFormat::text, [] { return kube::Time{}; }, [](std::string_view) {}};
  GitMirrors mirrors{{.folder = folder.path() / "mirrors", .access = {.local = true}}, clock, pool, log};

  ~World() { pool.join(); }

  template <class T>
  T run(boost::asio::awaitable<T> work) {
    std::optional<T> value;
    std::exception_ptr failed;
    boost::asio::co_spawn(io, std::move(work), [&](std::exception_ptr error, T result) {
      failed = error;
      if (!error) value.emplace(std::move(result));
    });
    io.restart();
    io.run();
    if (failed) std::rethrow_exception(failed);
    return std::move(value.value());
  }
};

SourceFilter all_yaml() { return filter_of({.recurse = true}); }

}  // namespace

BOOST_AUTO_TEST_SUITE(git_mirrors)

BOOST_AUTO_TEST_CASE(a_commit_is_found_fetched_and_read, *boost::unit_test::timeout(60)) {
  World world;
  const std::string commit = world.repository.commit({{"apps/web/a.yaml", "a: 1\n"},
                                                      {"apps/web/deep/b.yml", "b: 2\n"},
                                                      {"apps/web/notes.txt", "no"},
                                                      {"other/c.yaml", "c: 3\n"}});
  const std::string url = world.repository.url();
  const auto resolved = world.run(world.mirrors.resolve(url, "main", "", kube::Duration{0}));
  BOOST_REQUIRE_MESSAGE(resolved.has_value(), resolved.error().message);
  BOOST_TEST(*resolved == commit);

  const auto tree = world.run(world.mirrors.read(url, commit, "apps/web", all_yaml()));
  BOOST_REQUIRE_MESSAGE(tree.has_value(), tree.error().message);
  BOOST_REQUIRE(tree->files.size() == 2u);
  BOOST_TEST(tree->files[0].path == "a.yaml");
  BOOST_TEST(tree->files[0].text == "a: 1\n");
  BOOST_TEST(tree->files[1].path == "deep/b.yml");
  BOOST_TEST(world.mirrors.fetched() == 1u);

  const auto summary = world.run(world.mirrors.summarize(url, commit));
  BOOST_TEST(summary->author == "Ada <ada@example.com>");
  BOOST_TEST(summary->subject == "Change the manifests");
}

BOOST_AUTO_TEST_CASE(a_commit_beside_the_path_does_not_change_its_id, *boost::unit_test::timeout(60)) {
  World world;
  const std::string url = world.repository.url();
  const std::string first = world.repository.commit({{"web/a.yaml", "a: 1\n"}, {"other/c.yaml", "c: 3\n"}});
  const std::string second = world.repository.commit({{"web/a.yaml", "a: 1\n"}, {"other/c.yaml", "c: 4\n"}});
  const std::string third = world.repository.commit({{"web/a.yaml", "a: 2\n"}, {"other/c.yaml", "c: 4\n"}});
  const auto before = world.run(world.mirrors.id_of(url, first, "web", {}));
  BOOST_REQUIRE_MESSAGE(before.has_value(), before.error().message);
  BOOST_TEST((world.run(world.mirrors.id_of(url, second, "web", *before)).value() == *before));
  BOOST_TEST((world.run(world.mirrors.id_of(url, third, "web", *before)).value() != *before));
}

BOOST_AUTO_TEST_CASE(a_link_to_another_folder_belongs_to_the_id, *boost::unit_test::timeout(60)) {
  World world;
  const std::string url = world.repository.url();
  const std::string first =
      world.repository.commit({{"web/a.yaml", "-> ../shared/a.yaml"}, {"shared/a.yaml", "a: 1\n"}});
  const std::string second =
      world.repository.commit({{"web/a.yaml", "-> ../shared/a.yaml"}, {"shared/a.yaml", "a: 2\n"}});
  const auto tree = world.run(world.mirrors.read(url, first, "web", all_yaml()));
  BOOST_REQUIRE_MESSAGE(tree.has_value(), tree.error().message);
  BOOST_REQUIRE(tree->files.size() == 1u);
  BOOST_TEST(tree->files[0].text == "a: 1\n");
  BOOST_TEST((world.run(world.mirrors.id_of(url, first, "web", tree->id)).value() == tree->id));
  BOOST_TEST((world.run(world.mirrors.id_of(url, second, "web", tree->id)).value() != tree->id));
}

BOOST_AUTO_TEST_CASE(links_out_of_the_repository_are_refused, *boost::unit_test::timeout(60)) {
  World world;
  const std::string url = world.repository.url();
  for (const char* target : {"-> /etc/passwd", "-> ../../etc/passwd", "-> a.yaml"}) {
    const std::string commit = world.repository.commit({{"web/a.yaml", target}, {"web/b.yaml", "b: 1\n"}});
    const auto tree = world.run(world.mirrors.read(url, commit, "web", all_yaml()));
    BOOST_REQUIRE_MESSAGE(tree.has_error(), target);
    BOOST_TEST((tree.error().fault == kube::Fault::invalid));
    BOOST_TEST(tree.error().message.starts_with("a.yaml: symlink "), tree.error().message);
  }
  const std::string dangling = world.repository.commit({{"web/a.yaml", "-> gone.yaml"}, {"web/b.yaml", "b: 1\n"}});
  const auto tree = world.run(world.mirrors.read(url, dangling, "web", all_yaml()));
  BOOST_REQUIRE(tree.has_value());
  BOOST_TEST(tree->files.size() == 1u);
  BOOST_TEST(tree->warnings.size() == 1u);
}

BOOST_AUTO_TEST_CASE(what_is_missing_is_named, *boost::unit_test::timeout(60)) {
  World world;
  const std::string url = world.repository.url();
  const std::string commit = world.repository.commit({{"web/a.yaml", "a: 1\n"}}, "release");
  BOOST_TEST(world.run(world.mirrors.resolve(url, "release", "", kube::Duration{0})).value() == commit);
  world.repository.git("update-ref -d refs/heads/release");

  const auto branch = world.run(world.mirrors.resolve(url, "release", "", kube::Duration{0}));
  BOOST_TEST((branch.error().fault == kube::Fault::not_found));
  BOOST_TEST(branch.error().message.starts_with("the repository has no branch, tag or commit \"release\""));

  const auto path = world.run(world.mirrors.read(url, commit, "nowhere", all_yaml()));
  BOOST_TEST((path.error().fault == kube::Fault::not_found));
  BOOST_TEST(path.error().message == "path \"nowhere\" does not exist in the repository");
  const auto file = world.run(world.mirrors.read(url, commit, "web/a.yaml", all_yaml()));
  BOOST_TEST(file.error().message == "path \"web/a.yaml\" is not a directory of the repository");

  const std::string nowhere = "file://" + (world.folder.path() / "nothing.git").string();
  const auto repository = world.run(world.mirrors.resolve(nowhere, "main", "", kube::Duration{0}));
  BOOST_TEST((repository.error().fault == kube::Fault::not_found), repository.error().message);
  BOOST_TEST(repository.error().message.starts_with("there is no repository at " + nowhere),
             repository.error().message);

  const auto unknown = world.run(world.mirrors.read(url, std::string(40, 'a'), "web", all_yaml()));
  BOOST_TEST((unknown.error().fault == kube::Fault::not_found), unknown.error().message);
}

BOOST_AUTO_TEST_CASE(a_recent_answer_is_not_asked_for_again, *boost::unit_test::timeout(60)) {
  World world;
  world.repository.commit({{"web/a.yaml", "a: 1\n"}});
  const std::string url = world.repository.url();
  BOOST_TEST(world.run(world.mirrors.resolve(url, "main", "", kube::Duration{0})).has_value());
  BOOST_TEST(world.run(world.mirrors.resolve(url, "HEAD", "", kube::seconds{3600})).has_value());
  BOOST_TEST(world.mirrors.asked() == 1u);
  BOOST_TEST(world.run(world.mirrors.resolve(url, "main", "", kube::Duration{0})).has_value());
  BOOST_TEST(world.mirrors.asked() == 2u);
}

BOOST_AUTO_TEST_CASE(too_much_is_refused, *boost::unit_test::timeout(60)) {
  World world;
  GitMirrors narrow(
      {.folder = world.folder.path() / "narrow", .access = {.local = true}, .limits = {.total_bytes = 10}}, world.clock,
      world.pool, world.log);
  const std::string commit = world.repository.commit({{"a.yaml", "text: longer than ten bytes\n"}});
  const auto tree = world.run(narrow.read(world.repository.url(), commit, "", all_yaml()));
  BOOST_TEST(tree.error().message == "a.yaml: the manifests of the path are larger than 10 bytes");
}

BOOST_AUTO_TEST_CASE(what_git_says_is_told_apart) {
  const struct {
    const char* errors;
    kube::Fault fault;
  } rows[] = {
      {"fatal: unable to access 'https://x/': Could not resolve host: x", kube::Fault::unavailable},
      {"ssh: connect to host x port 22: Connection timed out\nfatal: Could not read from remote repository.",
       kube::Fault::unavailable},
      {"fatal: could not read Username for 'https://x': terminal prompts disabled", kube::Fault::forbidden},
      {"git@x: Permission denied (publickey).\nfatal: Could not read from remote repository.", kube::Fault::forbidden},
      {"fatal: repository 'https://x/y/' not found", kube::Fault::not_found},
      {"fatal: '/x' does not appear to be a git repository", kube::Fault::not_found},
      {"Host key verification failed.\nfatal: Could not read from remote repository.", kube::Fault::forbidden},
      {"fatal: unable to access 'https://x/': SSL certificate problem: expired", kube::Fault::forbidden},
  };
  for (const auto& row : rows)
    BOOST_TEST((git_error(128, row.errors, "u").fault == row.fault),
               row.errors << " -> " << git_error(128, row.errors, "u").message);
}

BOOST_AUTO_TEST_SUITE_END()
