import './base.css';
import './maps.css';
import './pane.css';
