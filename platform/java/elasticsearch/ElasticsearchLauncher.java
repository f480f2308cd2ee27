import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.node.Node;
import org.elasticsearch.plugins.PluginsLoader;

/**
 * Starts one Elasticsearch node from the jars that its maker publishes as libraries: the packaged distribution is on no
 * package registry.
 *
 * <p>Usage: ElasticsearchLauncher HOME CONFIG [setting=value ...]. HOME holds the modules, CONFIG may be empty.
 */
public final class ElasticsearchLauncher {
  private ElasticsearchLauncher() {}

  public static void main(String[] arguments) throws Exception {
    LogConfigurator.configureESLogging();
    LogConfigurator.configureWithoutConfig(Settings.builder().put("logger.level", "WARN").build());

    Path home = Path.of(arguments[0]).toAbsolutePath();
    Path config = Path.of(arguments[1]).toAbsolutePath();
    Settings.Builder settings = Settings.builder().put("path.home", home.toString());
    Arrays.stream(arguments)
        .skip(2)
        .map(argument -> argument.split("=", 2))
        .forEach(pair -> settings.put(pair[0], pair[1]));

    Environment environment = new Environment(settings.build(), config);
    PluginsLoader plugins =
        PluginsLoader.createPluginsLoader(
            PluginsLoader.loadModulesBundles(environment.modulesDir()),
            PluginsLoader.loadPluginsBundles(environment.pluginsDir()),
            Map.of(),
            false);
    Node node = new Node(environment, plugins);
    CountDownLatch closed = new CountDownLatch(1);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> close(node, closed), "close-node"));
    node.start();
    System.out.println("Elasticsearch started");
    closed.await();
  }

  private static void close(Node node, CountDownLatch closed) {
    try {
      node.close();
    } catch (java.io.IOException e) {
      System.err.println("Elasticsearch did not close cleanly: " + e);
    } finally {
      closed.countDown();
    }
  }
}
