// URLs, revisions, version ranges and path patterns.
#include <boost/test/unit_test.hpp>

#include "gitops/glob.h"
#include "gitops/repository_url.h"
#include "gitops/revision.h"
#include "gitops/source_tree.h"
#include "gitops/version_range.h"

using namespace sluice;
using namespace sluice::gitops;

BOOST_AUTO_TEST_SUITE(repository_urls)

BOOST_AUTO_TEST_CASE(https_and_ssh_are_allowed) {
  for (const char* url : {"https://git.example.com/team/app.git", "ssh://git@git.example.com:2222/team/app",
                          "git@git.example.com:team/app.git"})
    BOOST_TEST(check_repository_url(url, {}).has_value(), url);
}

BOOST_AUTO_TEST_CASE(other_urls_are_refused_with_a_reason) {
  const struct {
    const char* url;
    const char* says;
  } rows[] = {
      {"", "is required"},
      {"file:///srv/app", "controller's disk"},
      {"/srv/app", "controller's disk"},
      {"http://git.example.com/app", "\"http\" is not allowed"},
      {"git://git.example.com/app", "\"git\" is not allowed"},
      {"ext::sh -c id", "blanks"},
      {"ext::sh", "remote helpers"},
      {"--upload-pack=x", "must not start"},
      {"ssh://-oProxyCommand=id/x", "must not start with"},
      {"https://user:secret@git.example.com/app", "must not carry a password"},
      {"https://token@git.example.com/app", "must not carry credentials"},
      {"team/app", "is not a URL"},
  };
  for (const auto& row : rows) {
    const auto checked = check_repository_url(row.url, {});
    BOOST_REQUIRE(checked.has_error());
    BOOST_TEST(checked.error().message.find(row.says) != std::string::npos, row.url << ": " << checked.error().message);
    BOOST_TEST(checked.error().message.find("secret") == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(an_installation_may_allow_local_repositories) {
  BOOST_TEST(check_repository_url("file:///srv/app", {.local = true}).has_value());
  BOOST_TEST(check_repository_url("/srv/app", {.local = true}).has_value());
  BOOST_TEST(check_repository_url("http://git/app", {.plain_http = true}).has_value());
}

BOOST_AUTO_TEST_CASE(spellings_of_one_repository_share_a_mirror) {
  const struct {
    const char* url;
    const char* normal;
  } rows[] = {
      {"https://Git.Example.com/Team/App.git", "https://git.example.com/Team/App"},
      {"HTTPS://git.example.com/Team/App/", "https://git.example.com/Team/App"},
      {"git@GIT.example.com:Team/App.git", "ssh://git@git.example.com/Team/App"},
      {"/srv/app.git", "file:///srv/app"},
  };
  for (const auto& row : rows) BOOST_TEST(normalize_repository_url(row.url) == row.normal);
  BOOST_TEST(mirror_name("https://a/b.git") == mirror_name("https://A/b"));
  BOOST_TEST(mirror_name("https://a/b") != mirror_name("https://a/B"));
}

BOOST_AUTO_TEST_CASE(a_path_stays_inside_the_repository) {
  BOOST_TEST(check_source_path("./apps//web/").value() == "apps/web");
  BOOST_TEST(check_source_path(".").value().empty());
  for (const char* path : {"../etc", "/etc", "a/../../b", ".git", "a/.GIT/b", "a/git~1", "a\nb"})
    BOOST_TEST(check_source_path(path).has_error(), path);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(revisions)

constexpr const char* listing =
    "ref: refs/heads/main\tHEAD\n"
    "1111111111111111111111111111111111111111\tHEAD\n"
    "1111111111111111111111111111111111111111\trefs/heads/main\n"
    "2222222222222222222222222222222222222222\trefs/heads/feature/x\n"
    "3333333333333333333333333333333333333333\trefs/heads/v9\n"
    "4444444444444444444444444444444444444444\trefs/tags/v9\n"
    "5555555555555555555555555555555555555555\trefs/tags/v1.2.0\n"
    "6666666666666666666666666666666666666666\trefs/tags/v1.2.0^{}\n"
    "7777777777777777777777777777777777777777\trefs/tags/v1.10.1\n"
    "8888888888888888888888888888888888888888\trefs/tags/v2.0.0-rc.1\n"
    "9999999999999999999999999999999999999999\trefs/pull/7/head\n";

BOOST_AUTO_TEST_CASE(each_way_to_name_a_commit) {
  const RemoteRefs refs = parse_ls_remote(listing);
  const struct {
    const char* revision;
    char digit;  // of the commit
  } rows[] = {
      {"", '1'},
      {"HEAD", '1'},
      {"main", '1'},
      {"feature/x", '2'},
      {"refs/heads/feature/x", '2'},
      {"v9", '3'},
      {"v1.2.0", '6'},
      {"1.*", '7'},
      {">=1.0 <1.10", '6'},
      {"^1.2", '7'},
      {"~1.2.0", '6'},
      {">=2.0.0-0 <3", '8'},
      {"pull/7/head", '9'},
      {"v1.x", '7'},
      {"abcdefabcdefabcdefabcdefabcdefabcdefabcd", 'a'},
  };
  for (const auto& row : rows) {
    const auto commit = resolve_revision(refs, row.revision, "");
    BOOST_REQUIRE_MESSAGE(commit.has_value(), row.revision);
    BOOST_TEST(commit->front() == row.digit, row.revision << " is " << *commit);
  }
}

BOOST_AUTO_TEST_CASE(what_is_not_there_is_named) {
  const RemoteRefs refs = parse_ls_remote(listing);
  const auto branch = resolve_revision(refs, "gone", "");
  BOOST_TEST((branch.error().fault == kube::Fault::not_found));
  BOOST_TEST(branch.error().message == "the repository has no branch, tag or commit \"gone\"");
  BOOST_TEST(resolve_revision(refs, ">=30", "").error().message ==
             "the repository has no tag in the range \">=30\" and no branch of that name");
  BOOST_TEST(resolve_revision({}, "HEAD", "").has_error());
}

BOOST_AUTO_TEST_CASE(a_tag_prefix_selects_one_project_of_many) {
  RemoteRefs refs;
  refs.commits["refs/tags/a/v1.0.0"] = std::string(40, 'a');
  refs.commits["refs/tags/b/v1.5.0"] = std::string(40, 'b');
  BOOST_TEST(resolve_revision(refs, "1.*", "a/").value() == std::string(40, 'a'));
}

BOOST_AUTO_TEST_CASE(ranges_hold_the_versions_they_mean) {
  const struct {
    const char* range;
    const char* version;
    bool holds;
  } rows[] = {
      {"1.2.*", "1.2.9", true},
      {"1.2.*", "1.3.0", false},
      {"^0.2.3", "0.2.9", true},
      {"^0.2.3", "0.3.0", false},
      {"^0.0.3", "0.0.4", false},
      {"~1", "1.9.9", true},
      {"~1.2", "1.3.0", false},
      {">1.2", "1.2.9", false},
      {">1.2", "1.3.0", true},
      {"<=1.2", "1.2.9", true},
      {"!=1.0.0", "1.0.1", true},
      {"*", "4.5.6", true},
      {"*", "4.5.6-rc.1", false},
      {">= 1.0, < 2.0", "1.5.0", true},
      {"1.* || 3.*", "3.1.0", true},
      {"1.* || 3.*", "2.1.0", false},
      {">=1.0.0-alpha", "1.0.0-beta", true},
      {">=1.0.0-beta.2", "1.0.0-beta.11", true},
  };
  for (const auto& row : rows) {
    const auto range = parse_version_range(row.range);
    BOOST_REQUIRE_MESSAGE(range.has_value(), row.range);
    BOOST_TEST(range->holds(*parse_version(row.version)) == row.holds, row.range << " and " << row.version);
  }
  for (const char* text : {"1", "v1.0", "1.2.3", "main", "feature/x", ">", ">=a", "1..2", "||"})
    BOOST_TEST(!parse_version_range(text).has_value(), text);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(globs)

BOOST_AUTO_TEST_CASE(patterns_match_whole_paths) {
  const struct {
    const char* pattern;
    const char* path;
    bool matches;
  } rows[] = {
      {"*.yaml", "a.yaml", true},
      {"*.yaml", "b/a.yaml", true},
      {"*.yaml", "a.yml", false},
      {"a.yaml", "b/a.yaml", false},
      {"{a,b}.yaml", "b.yaml", true},
      {"{a,b}.yaml", "c.yaml", false},
      {"{dev/*,prod/{x,y}}", "prod/y", true},
      {"**/secret-*", "a/b/secret-1", true},
      {"?.yaml", "ab.yaml", false},
      {"[a-c]*", "beta", true},
      {"[!a-c]*", "beta", false},
      {"\\*", "*", true},
      {"\\*", "a", false},
      {"*a*b*c", "xaxbxc", true},
      {"", "", true},
      {"*", "", true},
      {"{,x}y", "y", true},
  };
  for (const auto& row : rows)
    BOOST_TEST(matches_glob(row.pattern, row.path) == row.matches, row.pattern << " " << row.path);
}

BOOST_AUTO_TEST_CASE(a_hostile_pattern_costs_little) {
  const std::string path(3000, 'a');
  BOOST_TEST(!matches_glob("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", path));
  std::string wide;
  for (int at = 0; at < 30; ++at) wide += "{a,b}";
  BOOST_TEST(!matches_glob(wide, path));
  BOOST_TEST(*glob_mistake(wide) == "has more than 64 alternatives");
}

BOOST_AUTO_TEST_CASE(mistakes_are_named) {
  BOOST_TEST(glob_mistake("{a,b").has_value());
  BOOST_TEST(glob_mistake("[a").has_value());
  BOOST_TEST(!glob_mistake("{a,b}/[a-z]*").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
